import { createWords } from "../../lib/words";

const en = {
  actions: (name: string) => `More about ${name}`,
  by: (version: string) => `made by ${version}`,
  cancelRestore: "Do not restore it",
  cancelled: "No backup will be restored.",
  create: "Make a backup",
  created: (rows: string) =>
    `A backup with ${rows} rows is made, and was restored once to be sure.`,
  delete: "Delete…",
  deleteHint: "The file is gone for good. Other backups stay.",
  deleteLabel: "Delete backup",
  deleteTitle: (name: string) => `Delete ${name}?`,
  deleted: (name: string) => `${name} is deleted.`,
  download: "Download",
  hint: "Everything in the database at one moment, in one sealed file.",
  making: "It is being made. That takes a while for a large database.",
  none: "No backups",
  noneHint:
    "Make one now, or let the schedule do it. Copy the files to another machine: a backup on the disk that it saves is none.",
  restore: "Restore…",
  restoreHint:
    "It is checked now and takes the place of everything at the next start of the server: users, keys, accounts, settings, administrators. What is there now is kept beside it.",
  restoreLabel: "Restore at the next start",
  restoreTitle: (name: string) => `Restore ${name}?`,
  schedule: "Schedule",
  scheduled: (name: string) => `${name} is restored at the next start of the server.`,
  staged: (name: string) => `${name} takes the place of everything at the next start.`,
  stagedFailed: (name: string) => `${name} could not be restored:`,
  stagedHint: "Restart the server to do it now.",
  title: "Backups",
  unusable: "of no use",
};

const vi: typeof en = {
  actions: (name) => `Thêm về ${name}`,
  by: (version) => `tạo bởi ${version}`,
  cancelRestore: "Không khôi phục nữa",
  cancelled: "Không bản sao lưu nào sẽ được khôi phục.",
  create: "Tạo bản sao lưu",
  created: (rows) => `Đã tạo bản sao lưu với ${rows} dòng, và đã khôi phục thử một lần cho chắc.`,
  delete: "Xóa…",
  deleteHint: "Tệp mất hẳn. Các bản sao lưu khác vẫn còn.",
  deleteLabel: "Xóa bản sao lưu",
  deleteTitle: (name) => `Xóa ${name}?`,
  deleted: (name) => `Đã xóa ${name}.`,
  download: "Tải xuống",
  hint: "Toàn bộ cơ sở dữ liệu tại một thời điểm, trong một tệp niêm phong.",
  making: "Đang tạo. Với cơ sở dữ liệu lớn thì mất một lúc.",
  none: "Chưa có bản sao lưu",
  noneHint:
    "Hãy tạo ngay, hoặc để lịch làm việc đó. Hãy chép tệp sang máy khác: bản sao lưu nằm trên chính ổ đĩa nó bảo vệ thì vô ích.",
  restore: "Khôi phục…",
  restoreHint:
    "Bản này được kiểm tra ngay và thay thế mọi thứ ở lần khởi động kế tiếp: người dùng, khóa, tài khoản, cài đặt, quản trị viên. Những gì đang có được giữ lại bên cạnh.",
  restoreLabel: "Khôi phục ở lần khởi động tới",
  restoreTitle: (name) => `Khôi phục ${name}?`,
  schedule: "Lịch",
  scheduled: (name) => `${name} sẽ được khôi phục ở lần khởi động tới.`,
  staged: (name) => `${name} sẽ thay thế mọi thứ ở lần khởi động tới.`,
  stagedFailed: (name) => `Không khôi phục được ${name}:`,
  stagedHint: "Hãy khởi động lại máy chủ để làm ngay.",
  title: "Sao lưu",
  unusable: "không dùng được",
};

/** What is said about backups. */
export const words = createWords({ en, vi });
