import { createWords } from "../../lib/words";

const en = {
  again: "The new one again",
  change: "Change password",
  changed: (others: number) => `Your password is changed. Other sessions ended: ${others}.`,
  fresh: "New password",
  freshHint: "At least 12 characters.",
  hint: "A change ends every other session.",
  present: "Present password",
  title: "Password",
};

const vi: typeof en = {
  again: "Nhập lại mật khẩu mới",
  change: "Đổi mật khẩu",
  changed: (others) => `Đã đổi mật khẩu. Số phiên khác đã kết thúc: ${others}.`,
  fresh: "Mật khẩu mới",
  freshHint: "Ít nhất 12 ký tự.",
  hint: "Đổi mật khẩu sẽ kết thúc mọi phiên khác.",
  present: "Mật khẩu hiện tại",
  title: "Mật khẩu",
};

/** What is said about the own password. */
export const words = createWords({ en, vi });
