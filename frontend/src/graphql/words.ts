import { createWords } from "../lib/words";

const curesEn: Record<string, string> = {
  UNAUTHENTICATED: "Sign in again.",
  FORBIDDEN: "Your role does not allow this. Ask an owner of this server.",
  NOT_FOUND: "It may have been removed in the meantime. Reload the page.",
  CONFLICT: "Reload to see the present state, then try again.",
  RATE_LIMITED: "Wait a minute, then try again.",
  CSRF_FAILED: "Reload the page, then try again.",
  ENGINE_UNAVAILABLE: "Look at the engine's page for its state and its log.",
  PROVIDER_ERROR: "Check the account with its provider.",
};

const curesVi: typeof curesEn = {
  UNAUTHENTICATED: "Hãy đăng nhập lại.",
  FORBIDDEN: "Vai trò của bạn không cho phép việc này. Hãy hỏi chủ sở hữu của máy chủ.",
  NOT_FOUND: "Có thể nó đã bị xóa. Hãy tải lại trang.",
  CONFLICT: "Hãy tải lại để xem trạng thái hiện tại rồi thử lại.",
  RATE_LIMITED: "Hãy đợi một phút rồi thử lại.",
  CSRF_FAILED: "Hãy tải lại trang rồi thử lại.",
  ENGINE_UNAVAILABLE: "Hãy xem trạng thái và nhật ký ở trang engine.",
  PROVIDER_ERROR: "Hãy kiểm tra tài khoản với nhà cung cấp.",
};

const en = {
  cures: curesEn,
  internal: "Something went wrong inside the server.",
  internalHint: "Its log tells the cause under this request id.",
  unreachable: "The server cannot be reached.",
  unreachableHint: "Check that it is running and that you are online, then try again.",
};

const vi: typeof en = {
  cures: curesVi,
  internal: "Máy chủ gặp lỗi bên trong.",
  internalHint: "Nhật ký của máy chủ ghi nguyên nhân theo mã yêu cầu này.",
  unreachable: "Không kết nối được với máy chủ.",
  unreachableHint: "Hãy kiểm tra máy chủ có đang chạy và bạn có mạng không, rồi thử lại.",
};

/** What is said about errors. */
export const words = createWords({ en, vi });
