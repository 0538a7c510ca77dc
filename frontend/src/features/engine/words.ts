import type { EngineMode, EngineState, LogLevel } from "../../graphql/generated/graphql";
import { createWords } from "../../lib/words";

const statesEn: Record<EngineState, [word: string, meaning: string]> = {
  STARTING: ["starting", "It is getting ready; requests wait."],
  RUNNING: ["running", "Requests are being served."],
  BACKING_OFF: ["restarting", "It stopped by itself; the server starts it again after a pause."],
  STOPPED: ["stopped", "Requests are refused until somebody starts it."],
  FAILED: ["failed", "It cannot run. The last error says why."],
};
const statesVi: Record<EngineState, [word: string, meaning: string]> = {
  STARTING: ["đang khởi động", "Nó đang chuẩn bị; các yêu cầu phải đợi."],
  RUNNING: ["đang chạy", "Các yêu cầu đang được phục vụ."],
  BACKING_OFF: ["đang chạy lại", "Nó tự dừng; máy chủ sẽ chạy lại sau một lúc."],
  STOPPED: ["đã dừng", "Yêu cầu bị từ chối cho đến khi có người bật lại."],
  FAILED: ["lỗi", "Không chạy được. Lỗi gần nhất cho biết lý do."],
};
const modesEn: Record<EngineMode, string> = {
  MANAGED: "managed by this server",
  EXTERNAL: "external",
  DEMO: "demo",
};
const modesVi: Record<EngineMode, string> = {
  MANAGED: "do máy chủ này quản lý",
  EXTERNAL: "bên ngoài",
  DEMO: "dùng thử",
};
const levelsEn: Record<LogLevel, string> = {
  DEBUG: "Everything",
  INFO: "Info and above",
  WARN: "Warnings and errors",
  ERROR: "Errors only",
};
const levelsVi: Record<LogLevel, string> = {
  DEBUG: "Tất cả",
  INFO: "Thông tin trở lên",
  WARN: "Cảnh báo và lỗi",
  ERROR: "Chỉ lỗi",
};

const en = {
  config: "Configuration",
  configHint: "Written by this server for the engine; secrets are masked.",
  configNone: "This engine takes no configuration from the server.",
  engine: "Engine",
  find: "Find in the log",
  follow: "To the newest line",
  lastError: "Last error:",
  least: "Least level",
  levels: levelsEn,
  log: "Log",
  logHint: "What the engine says, as it says it.",
  logNone: "Nothing has been logged yet.",
  logNothing: "No line says that.",
  modes: modesEn,
  notManaged: "Only a managed engine is started and stopped from here.",
  notRunning: "not running",
  pid: "Process",
  restart: "Restart",
  restarted: "The engine runs again.",
  restarts: "Restarts",
  start: "Start",
  started: "Started",
  startedToast: "The engine runs.",
  state: "State",
  states: statesEn,
  stop: "Stop…",
  stopHint:
    "Requests that are under way may finish; new ones are refused until somebody starts it again.",
  stopLabel: "Stop engine",
  stopped: "The engine is stopped.",
  stopTitle: "Stop the engine?",
  version: "Version",
};

const vi: typeof en = {
  config: "Cấu hình",
  configHint: "Do máy chủ này viết cho engine; bí mật được che.",
  configNone: "Engine này không nhận cấu hình từ máy chủ.",
  engine: "Engine",
  find: "Tìm trong nhật ký",
  follow: "Đến dòng mới nhất",
  lastError: "Lỗi gần nhất:",
  least: "Mức thấp nhất",
  levels: levelsVi,
  log: "Nhật ký",
  logHint: "Engine nói gì, ngay khi nó nói.",
  logNone: "Chưa có gì trong nhật ký.",
  logNothing: "Không dòng nào có nội dung đó.",
  modes: modesVi,
  notManaged: "Chỉ bật và tắt được engine do máy chủ quản lý tại đây.",
  notRunning: "không chạy",
  pid: "Tiến trình",
  restart: "Chạy lại",
  restarted: "Engine đã chạy lại.",
  restarts: "Số lần chạy lại",
  start: "Bật",
  started: "Bắt đầu",
  startedToast: "Engine đang chạy.",
  state: "Trạng thái",
  states: statesVi,
  stop: "Dừng…",
  stopHint: "Yêu cầu đang chạy được làm nốt; yêu cầu mới bị từ chối cho đến khi có người bật lại.",
  stopLabel: "Dừng engine",
  stopped: "Đã dừng engine.",
  stopTitle: "Dừng engine?",
  version: "Phiên bản",
};

/** What is said about the engine. */
export const words = createWords({ en, vi });
