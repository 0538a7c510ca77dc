export { CopyLimitsDialog } from "./CopyLimitsDialog";
export { QuotaEditor } from "./QuotaEditor";
export { QuotaSummary } from "./QuotaSummary";
export { RateFields } from "./RateFields";
export { RateFacts, RateLimitForm } from "./RateLimitForm";
export { readRate } from "./rate";
export { SetLimitsDialog } from "./SetLimitsDialog";
