export { OwnShares } from "./OwnShares";
export { SharingPanel } from "./SharingPanel";
