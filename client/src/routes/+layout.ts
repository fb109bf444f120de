// A static app: nothing is rendered on a server, everything is live.
export const ssr = false;
export const prerender = false;
