import { createWords } from "../../lib/words";

const en = {
  current: "this one",
  end: "End",
  endOthers: "End all others",
  ended: "The session is ended.",
  hint: "The browsers in which you are signed in.",
  lastSeen: "last seen",
  noAddress: "unknown address",
  on: (browser: string, system: string) => `${browser} on ${system}`,
  othersEnded: (count: number) => `Other sessions ended: ${count}.`,
  signedIn: "signed in",
  title: "Sessions",
  unknown: "Unknown browser",
};

const vi: typeof en = {
  current: "phiên này",
  end: "Kết thúc",
  endOthers: "Kết thúc mọi phiên khác",
  ended: "Đã kết thúc phiên.",
  hint: "Các trình duyệt mà bạn đang đăng nhập.",
  lastSeen: "hoạt động",
  noAddress: "không rõ địa chỉ",
  on: (browser, system) => `${browser} trên ${system}`,
  othersEnded: (count) => `Số phiên khác đã kết thúc: ${count}.`,
  signedIn: "đăng nhập",
  title: "Phiên đăng nhập",
  unknown: "Trình duyệt không rõ",
};

/** What is said about sessions. */
export const words = createWords({ en, vi });
