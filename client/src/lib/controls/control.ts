// What every control takes: a parameter, its value, and what to tell when a hand takes, moves and leaves it.

import type { Person, Value } from '../doc/records.ts';
import type { Parameter } from '../scene/schema.ts';

export interface ControlProps<V extends Value = number> {
	parameter: Parameter;
	value: V;
	disabled?: boolean;
	/** Others who have this control under their hand. */
	holders?: Person[];
	onhold?: () => void;
	onchange: (value: V) => void;
	onrelease?: () => void;
}
