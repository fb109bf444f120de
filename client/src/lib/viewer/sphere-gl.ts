// Draws a window into a 360° picture: one triangle over the canvas, one texture, one ray per pixel.

import type { Size } from './zoom.ts';
import { axes, type Look } from './sphere.ts';

const CORNERS = 'attribute vec2 corner; varying vec2 at; void main() { at = corner; gl_Position = vec4(corner, 0.0, 1.0); }';
const PIXEL = `precision highp float;
varying vec2 at;
uniform sampler2D film;
uniform vec3 right;
uniform vec3 up;
uniform vec3 forward;
void main() {
	vec3 way = normalize(forward + at.x * right + at.y * up);
	gl_FragColor = texture2D(film, vec2(0.5 + atan(way.x, way.z) * 0.159154943, 0.5 - asin(way.y) * 0.318309886));
}`;

export class SphereCanvas {
	readonly #canvas: HTMLCanvasElement;
	readonly #gl: WebGLRenderingContext | WebGL2RenderingContext;
	readonly #program: WebGLProgram;
	#has_picture = false;

	/** @throws Error where the browser has no WebGL, or none left. */
	constructor(canvas: HTMLCanvasElement) {
		const gl = (canvas.getContext('webgl2', { alpha: false }) ?? canvas.getContext('webgl', { alpha: false })) as
			| WebGLRenderingContext
			| WebGL2RenderingContext
			| null;
		const program = gl?.createProgram();
		if (!gl || !program) throw new Error('This browser cannot draw 360° pictures');
		for (const [kind, source] of [[gl.VERTEX_SHADER, CORNERS], [gl.FRAGMENT_SHADER, PIXEL]] as const) {
			const shader = gl.createShader(kind) as WebGLShader;
			gl.shaderSource(shader, source);
			gl.compileShader(shader);
			gl.attachShader(program, shader);
		}
		gl.bindAttribLocation(program, 0, 'corner');
		gl.linkProgram(program);
		if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program) ?? 'no program');
		gl.useProgram(program);
		gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
		gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 3, -1, -1, 3]), gl.STATIC_DRAW);
		gl.enableVertexAttribArray(0);
		gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
		gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
		// Without mipmaps the seam behind one's back stays invisible; only WebGL 2 repeats pictures of any size.
		const around = 'drawBuffers' in gl ? gl.REPEAT : gl.CLAMP_TO_EDGE;
		gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, around);
		gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
		gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
		gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
		this.#canvas = canvas;
		this.#gl = gl;
		this.#program = program;
	}

	/** The picture to look at from now on; one too large for the graphics card is halved until it fits. */
	show(image: HTMLImageElement): void {
		const gl = this.#gl;
		const most = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
		let source: TexImageSource = image;
		if (image.naturalWidth > most) {
			const small = document.createElement('canvas');
			small.width = most;
			small.height = most / 2;
			small.getContext('2d')?.drawImage(image, 0, 0, small.width, small.height);
			source = small;
		}
		gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB, gl.RGB, gl.UNSIGNED_BYTE, source);
		this.#has_picture = true;
	}

	draw(look: Look, size: Size, pixels_per_px: number): void {
		if (!this.#has_picture || size.width === 0) return;
		const gl = this.#gl;
		const [width, height] = [Math.round(size.width * pixels_per_px), Math.round(size.height * pixels_per_px)];
		if (this.#canvas.width !== width || this.#canvas.height !== height) {
			this.#canvas.width = width;
			this.#canvas.height = height;
		}
		gl.viewport(0, 0, width, height);
		for (const [name, value] of Object.entries(axes(look, size))) {
			gl.uniform3fv(gl.getUniformLocation(this.#program, name), value);
		}
		gl.drawArrays(gl.TRIANGLES, 0, 3);
	}
}
