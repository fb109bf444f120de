// Every test starts with an empty IndexedDB that behaves like a browser's.
import 'fake-indexeddb/auto';
