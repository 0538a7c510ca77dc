export { FirstRequest } from "./FirstRequest";
export { RequestExplorer } from "./RequestExplorer";
export { RequestLog } from "./RequestLog";
export { RequestTable } from "./RequestTable";
