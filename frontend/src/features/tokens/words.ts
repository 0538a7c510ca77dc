import { createWords } from "../../lib/words";

const en = {
  cancel: "Cancel",
  create: "Create token",
  createTitle: "Create an API token",
  ends: "ends",
  fresh: (name: string) => `New token “${name}”`,
  hint: "For scripts that manage this server through GraphQL. Users need keys instead.",
  lastDay: "Last day (optional)",
  lastUsed: "last used",
  name: "Name",
  nameHint: "The script or the machine that will use it.",
  none: "No tokens",
  noneHint: "Create one when a script shall do what you do here by hand.",
  revoke: "Revoke",
  revokeHint: "Scripts that use this token are refused from now on. It cannot be undone.",
  revokeLabel: "Revoke token",
  revokeTitle: (name: string) => `Revoke “${name}”?`,
  revoked: "revoked",
  revokedToast: (name: string) => `“${name}” works no more.`,
  role: "Role",
  terminal: "terminal",
  title: "API tokens",
};

const vi: typeof en = {
  cancel: "Hủy",
  create: "Tạo token",
  createTitle: "Tạo API token",
  ends: "hết hạn",
  fresh: (name) => `Token mới “${name}”`,
  hint: "Cho script quản lý máy chủ này qua GraphQL. Người dùng thì cần khóa.",
  lastDay: "Ngày cuối (không bắt buộc)",
  lastUsed: "dùng lần cuối",
  name: "Tên",
  nameHint: "Script hoặc máy sẽ dùng nó.",
  none: "Chưa có token",
  noneHint: "Hãy tạo một token khi cần script làm những việc bạn làm bằng tay ở đây.",
  revoke: "Thu hồi",
  revokeHint: "Script dùng token này sẽ bị từ chối từ bây giờ. Không thể hoàn tác.",
  revokeLabel: "Thu hồi token",
  revokeTitle: (name) => `Thu hồi “${name}”?`,
  revoked: "đã thu hồi",
  revokedToast: (name) => `“${name}” không còn dùng được.`,
  role: "Vai trò",
  terminal: "terminal",
  title: "API token",
};

/** What is said about API tokens. */
export const words = createWords({ en, vi });
