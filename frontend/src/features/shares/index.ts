export { createOwnShares, OwnShares } from "./OwnShares";
export { SharingPanel } from "./SharingPanel";
