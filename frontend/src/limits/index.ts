export { CopyLimitsDialog } from "./CopyLimitsDialog";
export { QuotaEditor } from "./QuotaEditor";
export { QuotaSummary } from "./QuotaSummary";
export { RateFacts, RateLimitForm } from "./RateLimitForm";
export { SetLimitsDialog } from "./SetLimitsDialog";
