export { QuotaEditor } from "./QuotaEditor";
export { QuotaSummary } from "./QuotaSummary";
export { RateFacts, RateLimitForm } from "./RateLimitForm";
export { words as limitWords } from "./words";
