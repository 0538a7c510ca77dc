import { createWords } from "../../lib/words";

const en = {
  add: "Add account",
  addKey: "Add API key",
  addTitle: (provider: string) => `Add an API key: ${provider}`,
  apiKey: "API key",
  at: (url: string) => ` at ${url}`,
  baseUrl: "Base URL",
  baseUrlHint: "Leave it empty for the provider’s own.",
  baseUrlOptional: "Base URL (optional)",
  labelHint: "To tell it from other accounts of the same provider.",
  labelOptional: "Label (optional)",
  models: "Models",
  modelsHint: "One on a line. “alias = name” offers the model under another name.",
  prefixed: (prefix: string) => `, models begin with ${prefix}/`,
  remove: (label: string) => `Remove ${label}`,
  removeHint:
    "Its key is erased from this server and no request goes to it any more. To use it again you must enter the key again; to pause it, switch it off instead.",
  removeLabel: "Remove account",
  removeTitle: (label: string) => `Remove “${label}”?`,
  sealed: "It is stored encrypted and never shown again.",
  signIn: "Sign in",
  signInAt: (provider: string) => `Sign in at ${provider}`,
  used: (label: string) => `${label} is used`,
};

const vi: typeof en = {
  add: "Thêm tài khoản",
  addKey: "Thêm khóa API",
  addTitle: (provider) => `Thêm khóa API: ${provider}`,
  apiKey: "Khóa API",
  at: (url) => ` tại ${url}`,
  baseUrl: "Base URL",
  baseUrlHint: "Để trống thì dùng địa chỉ của chính nhà cung cấp.",
  baseUrlOptional: "Base URL (không bắt buộc)",
  labelHint: "Để phân biệt với các tài khoản khác của cùng nhà cung cấp.",
  labelOptional: "Nhãn (không bắt buộc)",
  models: "Mô hình",
  modelsHint: "Mỗi dòng một mô hình. “bí danh = tên” cung cấp mô hình dưới tên khác.",
  prefixed: (prefix) => `, tên mô hình bắt đầu bằng ${prefix}/`,
  remove: (label) => `Gỡ ${label}`,
  removeHint:
    "Khóa của nó bị xóa khỏi máy chủ này và không yêu cầu nào đến nó nữa. Muốn dùng lại thì phải nhập lại khóa; nếu chỉ muốn tạm dừng, hãy tắt nó.",
  removeLabel: "Gỡ tài khoản",
  removeTitle: (label) => `Gỡ “${label}”?`,
  sealed: "Được lưu mã hóa và không bao giờ hiện lại.",
  signIn: "Đăng nhập",
  signInAt: (provider) => `Đăng nhập tại ${provider}`,
  used: (label) => `${label} đang được dùng`,
};

/** What is said about providers and the accounts there. */
export const words = createWords({ en, vi });
