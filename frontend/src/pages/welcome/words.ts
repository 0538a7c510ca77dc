import { createWords } from "../../lib/words";

const en = {
  ask: "Send a test request from here",
  asked: (model: string) => `It asks ${model} for one word.`,
  back: "Back",
  connect: "Pass it on",
  connectHint: "Paste one of these into a tool, and ask it something.",
  done: "It works. The first request is here.",
  failed: (status: number) => `The answer was an error with status ${status}.`,
  hint: "Three steps to the first request.",
  lostKey:
    "The key was shown once and is not known to the server. If you did not keep it, rotate it on the user’s page.",
  next: "Continue",
  noModels: "There is no model to ask yet: add an account first.",
  provider: "Add an account",
  providerDemo:
    "The demo engine answers without an account. Go on, and add a real one whenever you like.",
  providerHint: "Requests need an account that serves them.",
  skip: "Skip this",
  steps: "Steps",
  title: "Welcome",
  toOverview: "To the overview",
  toUser: "To the user’s page",
  unreachable:
    "The request did not get through. Check that this page’s address leads to the server.",
  user: "Create a user",
  userHint: "Each user has keys of their own, so that you see who used what.",
  waiting: "Waiting for the first request…",
  waitingHint: "It appears here by itself.",
  watch: "Watch it arrive",
};

const vi: typeof en = {
  ask: "Gửi yêu cầu thử từ đây",
  asked: (model) => `Nó hỏi ${model} một từ.`,
  back: "Quay lại",
  connect: "Chuyển cho họ",
  connectHint: "Dán một trong những đoạn này vào công cụ rồi hỏi nó điều gì đó.",
  done: "Đã hoạt động. Yêu cầu đầu tiên đã đến.",
  failed: (status) => `Câu trả lời là lỗi với mã ${status}.`,
  hint: "Ba bước đến yêu cầu đầu tiên.",
  lostKey:
    "Khóa chỉ hiện một lần và máy chủ không biết nó. Nếu bạn chưa cất, hãy thay khóa ở trang người dùng.",
  next: "Tiếp tục",
  noModels: "Chưa có mô hình nào để hỏi: hãy thêm tài khoản trước.",
  provider: "Thêm tài khoản",
  providerDemo:
    "Engine dùng thử trả lời không cần tài khoản. Cứ tiếp tục, thêm tài khoản thật sau.",
  providerHint: "Yêu cầu cần một tài khoản phục vụ.",
  skip: "Bỏ qua",
  steps: "Các bước",
  title: "Xin chào",
  toOverview: "Về tổng quan",
  toUser: "Đến trang người dùng",
  unreachable: "Yêu cầu không đến được. Hãy kiểm tra địa chỉ trang này có dẫn đến máy chủ không.",
  user: "Tạo người dùng",
  userHint: "Mỗi người dùng có khóa riêng, để bạn thấy ai đã dùng gì.",
  waiting: "Đang đợi yêu cầu đầu tiên…",
  waitingHint: "Nó sẽ tự hiện ở đây.",
  watch: "Xem nó đến",
};

/** What the first steps say. */
export const words = createWords({ en, vi });
