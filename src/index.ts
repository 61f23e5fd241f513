/** What the launchers of the bundle call, each for one entry of an action file. */
export { deleteEntry } from './delete.ts';
export { create } from './main.ts';
export { cleanUp } from './post.ts';
