export { Answer, RawEvents } from "./Answer";
export { Ask } from "./Ask";
export { createRecord } from "./createRecord";
export { createRun } from "./createRun";
export { Record } from "./Record";
