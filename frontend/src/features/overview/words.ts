import type { EngineState, QuotaMetric, QuotaWindow } from "../../graphql/generated/graphql";
import { createWords } from "../../lib/words";

const statesEn: Record<EngineState, string> = {
  STARTING: "starting",
  RUNNING: "running",
  BACKING_OFF: "restarting",
  STOPPED: "stopped",
  FAILED: "failed",
};

const statesVi: Record<EngineState, string> = {
  STARTING: "đang khởi động",
  RUNNING: "đang chạy",
  BACKING_OFF: "đang khởi động lại",
  STOPPED: "đã dừng",
  FAILED: "hỏng",
};

const metricsEn: Record<QuotaMetric, string> = {
  COST: "cost",
  REQUESTS: "requests",
  TOKENS: "tokens",
};

const metricsVi: Record<QuotaMetric, string> = {
  COST: "chi phí",
  REQUESTS: "yêu cầu",
  TOKENS: "token",
};

const windowsEn: Record<QuotaWindow, string> = {
  HOUR: "an hour",
  DAY: "a day",
  WEEK: "a week",
  MONTH: "a month",
  LIFETIME: "in all",
  ROLLING: "at any time",
};

const windowsVi: Record<QuotaWindow, string> = {
  HOUR: "mỗi giờ",
  DAY: "mỗi ngày",
  WEEK: "mỗi tuần",
  MONTH: "mỗi tháng",
  LIFETIME: "tổng cộng",
  ROLLING: "cuốn chiếu",
};

const en = {
  title: "Overview",
  engine: "Engine",
  states: statesEn,
  metrics: metricsEn,
  windows: windowsEn,
  upSince: "started",
  restarts: (count: string) => `${count} restarts`,
  errorRate: (share: string) => `${share} errors in the last hour`,
  noTraffic: "no requests in the last hour",
  log: "Log and controls",
  now: "Tokens a minute",
  nowUsers: (count: string) => `${count} users in the last quarter of an hour`,
  nobody: "nobody in the last quarter of an hour",
  trend: "Tokens settled in the last minutes",
  today: "Cost today",
  month: "Cost this month",
  before: (change: string, amount: string) => `${change} against ${amount} by this time`,
  yesterday: "yesterday",
  lastMonth: "last month",
  nothingBefore: (when: string) => `nothing ${when} by this time`,
  unpriced: (count: string) => `without ${count} requests that have no price`,
  active: "Using it now",
  activeHint: "The last quarter of an hour",
  activeNone: "Nobody right now",
  activeNoneHint: "Whoever sends a request shows up here within seconds.",
  requests: (count: string) => `${count} requests`,
  tokens: (count: string) => `${count} tokens`,
  runningOut: "About to run out",
  runningOutHint: "The fullest subscriptions and quotas",
  quotasNone: "No quotas yet",
  quotasNoneHint: "Give a user a quota, and you see here how much of it is left.",
  toUsers: "To the users",
  used: (used: string, limit: string, metric: string, window: string) =>
    `${used} of ${limit} ${metric} ${window}`,
  reached: "reached",
  resets: "starts again",
  day: "The last 24 hours",
  dayHint: "Tokens by provider",
  toUsage: "All usage",
  latest: "Latest requests",
  allRequests: "All requests",
  errors: "Errors of the last hour",
  errorsNone: "No errors in the last hour",
  errorsNoneHint: "Failures of providers and of the engine would stand here.",
  allErrors: "All errors",
};

const vi: typeof en = {
  title: "Tổng quan",
  engine: "Engine",
  states: statesVi,
  metrics: metricsVi,
  windows: windowsVi,
  upSince: "khởi động",
  restarts: (count) => `${count} lần khởi động lại`,
  errorRate: (share) => `${share} lỗi trong giờ qua`,
  noTraffic: "không có yêu cầu trong giờ qua",
  log: "Nhật ký và điều khiển",
  now: "Token mỗi phút",
  nowUsers: (count) => `${count} người dùng trong 15 phút qua`,
  nobody: "không có ai trong 15 phút qua",
  trend: "Token được ghi trong vài phút qua",
  today: "Chi phí hôm nay",
  month: "Chi phí tháng này",
  before: (change, amount) => `${change} so với ${amount} cùng thời điểm`,
  yesterday: "hôm qua",
  lastMonth: "tháng trước",
  nothingBefore: (when) => `${when} chưa có gì vào thời điểm này`,
  unpriced: (count) => `chưa gồm ${count} yêu cầu không có giá`,
  active: "Đang sử dụng",
  activeHint: "15 phút qua",
  activeNone: "Hiện không có ai",
  activeNoneHint: "Ai gửi yêu cầu sẽ xuất hiện ở đây sau vài giây.",
  requests: (count) => `${count} yêu cầu`,
  tokens: (count) => `${count} token`,
  runningOut: "Sắp hết",
  runningOutHint: "Các gói thuê bao và hạn mức đầy nhất",
  quotasNone: "Chưa có hạn mức",
  quotasNoneHint: "Đặt hạn mức cho người dùng để thấy ở đây còn lại bao nhiêu.",
  toUsers: "Đến người dùng",
  used: (used, limit, metric, window) => `${used} trên ${limit} ${metric} ${window}`,
  reached: "đã hết",
  resets: "tính lại",
  day: "24 giờ qua",
  dayHint: "Token theo nhà cung cấp",
  toUsage: "Toàn bộ mức sử dụng",
  latest: "Yêu cầu mới nhất",
  allRequests: "Mọi yêu cầu",
  errors: "Lỗi trong giờ qua",
  errorsNone: "Không có lỗi trong giờ qua",
  errorsNoneHint: "Lỗi của nhà cung cấp và engine sẽ hiện ở đây.",
  allErrors: "Mọi lỗi",
};

/** What the overview says. */
export const words = createWords({ en, vi });
