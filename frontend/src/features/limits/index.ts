export { QuotaEditor } from "./QuotaEditor";
export { QuotaSummary } from "./QuotaSummary";
export { RateFacts, RateLimitForm } from "./RateLimitForm";
