export { createRequestSearch } from "./createRequestSearch";
export { FirstRequest } from "./FirstRequest";
export { OwnRequestDrawer } from "./OwnRequestDrawer";
export { RequestExplorer } from "./RequestExplorer";
export { RequestLog } from "./RequestLog";
export { OwnRequestsOverTime } from "./RequestsOverTime";
export { RequestTable } from "./RequestTable";
