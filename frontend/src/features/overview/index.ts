export { ActiveUsers } from "./ActiveUsers";
export { Attention } from "./Attention";
export { createOverview } from "./createOverview";
export { LastDay } from "./LastDay";
export { RunningOut } from "./RunningOut";
export { Vitals } from "./Vitals";
