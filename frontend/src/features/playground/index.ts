export { Answer, RawEvents } from "./Answer";
export { Ask } from "./Ask";
export { createRun } from "./createRun";
export { Record } from "./Record";
