import { createWords } from "../lib/words";

const en = {
  live: "live",
  connecting: "connecting",
  firstSteps: "No requests yet. Three steps to the first one:",
  addAccount: "Add a provider account",
  needsAccount: "Requests need an account that serves them: add an API key of yours.",
  demoNeedsNone: "The demo engine answers without one. Add a real account whenever you like.",
  providers: "Providers",
  createUser: "Create a user",
  createUserWhy: "Each user has keys of their own, so that you see who used what.",
  paste: "Paste a snippet",
  pasteHow:
    "The new key comes with ready-to-paste settings for curl, Claude Code, Codex CLI and the SDKs. The request then appears here.",
};

const vi: typeof en = {
  live: "trực tiếp",
  connecting: "đang kết nối",
  firstSteps: "Chưa có yêu cầu nào. Ba bước để có yêu cầu đầu tiên:",
  addAccount: "Thêm tài khoản nhà cung cấp",
  needsAccount: "Yêu cầu cần một tài khoản phục vụ: hãy thêm một khóa API của bạn.",
  demoNeedsNone:
    "Engine thử nghiệm trả lời mà không cần tài khoản. Bạn có thể thêm tài khoản thật bất cứ lúc nào.",
  providers: "Nhà cung cấp",
  createUser: "Tạo người dùng",
  createUserWhy: "Mỗi người dùng có khóa riêng, để bạn thấy ai đã dùng gì.",
  paste: "Dán đoạn cài đặt",
  pasteHow:
    "Khóa mới đi kèm cài đặt dán được ngay cho curl, Claude Code, Codex CLI và các SDK. Sau đó yêu cầu sẽ hiện ở đây.",
};

/** What the pages themselves say. */
export const words = createWords({ en, vi });
