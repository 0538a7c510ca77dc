export { ActiveUsers } from "./ActiveUsers";
export { createOverview } from "./createOverview";
export { LastDay } from "./LastDay";
export { RunningOut } from "./RunningOut";
export { Vitals } from "./Vitals";
