import type { ProviderLoginStatus } from "../../../graphql/generated/graphql";
import { createWords } from "../../../lib/words";

type Ends = Partial<Record<ProviderLoginStatus, string>>;

// What is said of a sign-in that ended without an account and without a reason of its own.
const endsEn: Ends = {
  CANCELLED: "This sign-in was called off.",
  EXPIRED: "Nobody answered in time, so this sign-in is over.",
  FAILED: "The sign-in failed.",
};
const endsVi: Ends = {
  CANCELLED: "Lần đăng nhập này đã bị hủy.",
  EXPIRED: "Không ai trả lời kịp, nên lần đăng nhập này đã kết thúc.",
  FAILED: "Đăng nhập không thành công.",
};

// Why a browser that came back from a provider brought no account, by the word in the address.
const returnsEn: Record<string, string> = {
  unreadable: "The provider’s answer could not be read. Start the sign-in again.",
  unknown: "The provider’s answer belongs to no sign-in that waits. Start again.",
  "other-provider": "The answer came from another provider than the one asked. Start again.",
  "other-browser": "Finish the sign-in in the browser in which you began it, or start again here.",
  "other-administrator":
    "Another administrator began this sign-in. Sign in as they, or start one of your own.",
  "signed-out": "You were signed out meanwhile. Now that you are back, start the sign-in again.",
  ended: "This sign-in is over already; an answer counts once. Start again.",
  internal: "Something went wrong inside the server; its log tells what. Start again.",
};
const returnsVi: typeof returnsEn = {
  unreadable: "Không đọc được câu trả lời của nhà cung cấp. Hãy đăng nhập lại từ đầu.",
  unknown: "Câu trả lời của nhà cung cấp không thuộc lần đăng nhập nào đang đợi. Hãy bắt đầu lại.",
  "other-provider": "Câu trả lời đến từ nhà cung cấp khác với nơi đã hỏi. Hãy bắt đầu lại.",
  "other-browser": "Hãy hoàn tất trong trình duyệt bạn đã bắt đầu, hoặc bắt đầu lại ở đây.",
  "other-administrator":
    "Một quản trị viên khác đã bắt đầu lần này. Hãy đăng nhập với tài khoản đó, hoặc tự bắt đầu lần khác.",
  "signed-out": "Bạn đã bị đăng xuất trong lúc đó. Giờ bạn đã quay lại, hãy bắt đầu lại.",
  ended: "Lần đăng nhập này đã kết thúc; mỗi câu trả lời chỉ dùng một lần. Hãy bắt đầu lại.",
  internal: "Máy chủ gặp lỗi bên trong; nhật ký ghi nguyên nhân. Hãy bắt đầu lại.",
};

const en = {
  address: "Address",
  again: "Start again",
  appearsSoon: "You are signed in. The account appears in a moment.",
  asking: (name: string) => `${name} is being asked for the account.`,
  begins: "It begins with",
  begun: "begun",
  callOff: "Cancel sign-in",
  code: "Code",
  copyAddress: "Copy the address",
  copyCode: "Copy code",
  done: "Done",
  ends: endsEn,
  enterCode: (name: string) => `Enter it at ${name}, on any device, and allow the access`,
  finish: "Finish sign-in",
  goOn: "Go on",
  goTo: (name: string) => `Go to ${name}`,
  import: "Import",
  importButton: "Import accounts",
  importFiles: "Files",
  importHint:
    "Auth files or the configuration of the engine, a Google service account, the desktop program’s settings, or an export of another server.",
  importNone: "Choose a file, or paste what is in it.",
  importNothing: "There was no account in it.",
  importPaste: "Or paste what is in one",
  importSealed: "Keys and tokens are stored encrypted and never shown again.",
  importUnreadable: "A file could not be read. Choose it again.",
  imported: (labels: string) => `Imported: ${labels}. They serve requests from now on.`,
  left: (clock: string) => `${clock} left`,
  missing:
    "There is no such sign-in of yours. It may have been begun by another administrator, or long ago. Close this and start one of your own.",
  newTab: "(opens a new tab)",
  noLoad:
    "That page does not load, and need not: it is the address in the browser’s bar that counts.",
  open: (name: string) => `Open ${name}`,
  pasted: "what was pasted",
  provider: "a provider",
  redirect: (name: string) =>
    `${name} asks whether this server may use your account, and then sends you back here.`,
  returned: "The sign-in did not work. Start it again.",
  returns: returnsEn,
  serves: "The account serves requests from now on.",
  signedInAs: "You are signed in as",
  stepAllow: (name: string) => `Sign in at ${name} and allow the access`,
  stepCopy: "Copy the address of the page that comes after it",
  stepCopyCode: "Copy the code",
  stepPaste: "Paste it here",
  timeUp: "Time is up",
  title: (name: string) => `Sign in at ${name}`,
  waiting: (name: string) => `Waiting for ${name}. This goes on by itself.`,
  waits: (name: string) => `A sign-in at ${name} waits for you,`,
};

const vi: typeof en = {
  address: "Địa chỉ",
  again: "Bắt đầu lại",
  appearsSoon: "Bạn đã đăng nhập. Tài khoản sẽ hiện ra ngay.",
  asking: (name) => `Đang hỏi ${name} về tài khoản.`,
  begins: "Nó bắt đầu bằng",
  begun: "bắt đầu",
  callOff: "Hủy đăng nhập",
  code: "Mã",
  copyAddress: "Chép địa chỉ",
  copyCode: "Chép mã",
  done: "Xong",
  ends: endsVi,
  enterCode: (name) => `Nhập mã tại ${name}, trên thiết bị bất kỳ, và cho phép truy cập`,
  finish: "Hoàn tất đăng nhập",
  goOn: "Tiếp tục",
  goTo: (name) => `Đến ${name}`,
  import: "Nhập",
  importButton: "Nhập tài khoản",
  importFiles: "Tệp",
  importHint:
    "Tệp xác thực hoặc cấu hình của engine, service account của Google, cài đặt của ứng dụng máy tính, hoặc bản xuất của máy chủ khác.",
  importNone: "Hãy chọn một tệp, hoặc dán nội dung của nó.",
  importNothing: "Không có tài khoản nào trong đó.",
  importPaste: "Hoặc dán nội dung của một tệp",
  importSealed: "Khóa và token được lưu mã hóa và không bao giờ hiện lại.",
  importUnreadable: "Không đọc được một tệp. Hãy chọn lại.",
  imported: (labels) => `Đã nhập: ${labels}. Từ giờ chúng phục vụ yêu cầu.`,
  left: (clock) => `còn ${clock}`,
  missing:
    "Bạn không có lần đăng nhập này. Có thể quản trị viên khác đã bắt đầu nó, hoặc đã lâu rồi. Hãy đóng lại và tự bắt đầu lần khác.",
  newTab: "(mở thẻ mới)",
  noLoad:
    "Trang đó không tải được, và không cần: chỉ địa chỉ trên thanh trình duyệt là quan trọng.",
  open: (name) => `Mở ${name}`,
  pasted: "phần đã dán",
  provider: "nhà cung cấp",
  redirect: (name) =>
    `${name} sẽ hỏi máy chủ này có được dùng tài khoản của bạn không, rồi đưa bạn trở lại đây.`,
  returned: "Đăng nhập không thành công. Hãy bắt đầu lại.",
  returns: returnsVi,
  serves: "Từ giờ tài khoản này phục vụ yêu cầu.",
  signedInAs: "Bạn đã đăng nhập với tên",
  stepAllow: (name) => `Đăng nhập tại ${name} và cho phép truy cập`,
  stepCopy: "Chép địa chỉ của trang hiện ra sau đó",
  stepCopyCode: "Chép mã",
  stepPaste: "Dán vào đây",
  timeUp: "Hết giờ",
  title: (name) => `Đăng nhập tại ${name}`,
  waiting: (name) => `Đang đợi ${name}. Phần còn lại tự diễn ra.`,
  waits: (name) => `Một lần đăng nhập tại ${name} đang đợi bạn,`,
};

/** What is said while somebody signs in at a provider. */
export const words = createWords({ en, vi });

/** Puts the word with which the server sent a browser back into a sentence. */
export function explainReturn(word: string): string {
  return words().returns[word] ?? words().returned;
}
