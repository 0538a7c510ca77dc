import { createWords } from "../lib/words";

const en = {
  cancel: "Cancel",
  close: "Close",
  copy: "Copy",
  copied: "Copied",
  copyByHand: "Select it and copy by hand",
  loading: "Loading…",
  more: "More of this list",
  never: "never",
  typeToConfirm: (name: string) => `Type “${name}” to confirm`,
  undo: "Undo",
  unknown: "unknown",
};

const vi: typeof en = {
  cancel: "Hủy",
  close: "Đóng",
  copy: "Sao chép",
  copied: "Đã chép",
  copyByHand: "Hãy chọn và chép bằng tay",
  loading: "Đang tải…",
  more: "Xem thêm danh sách này",
  never: "chưa bao giờ",
  typeToConfirm: (name) => `Gõ “${name}” để xác nhận`,
  undo: "Hoàn tác",
  unknown: "không rõ",
};

/** What the building blocks of all pages say. */
export const words = createWords({ en, vi });
