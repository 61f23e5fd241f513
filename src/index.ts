/** What the launchers of the bundle call, each for one entry of an action file. */
export { create } from './create/main.ts';
export { cleanUp } from './create/post.ts';
export { end } from './delete/main.ts';
