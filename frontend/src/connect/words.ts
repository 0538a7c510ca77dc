import { createWords } from "../lib/words";

const en = {
  done: "Done",
  kept: "I have put it where I will find it again",
  models: "Models that this key may use",
  modelsNone: "The engine does not run, so nobody can say which models this key may use.",
  onlyOnce:
    "This is the only time you see it. The server keeps a fingerprint, not the secret itself.",
  placeholder: "Put your key where this stands:",
  tool: "Use it in",
};

const vi: typeof en = {
  done: "Xong",
  kept: "Tôi đã cất nó ở nơi sẽ tìm lại được",
  models: "Các mô hình mà khóa này được dùng",
  modelsNone: "Engine không chạy nên chưa biết khóa này được dùng mô hình nào.",
  onlyOnce: "Bạn chỉ thấy nó lần này. Máy chủ chỉ giữ dấu vân tay, không giữ bí mật.",
  placeholder: "Hãy đặt khóa của bạn vào chỗ này:",
  tool: "Dùng trong",
};

/** What is said about keys and the tools that use them. */
export const words = createWords({ en, vi });
