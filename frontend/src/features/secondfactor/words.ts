import { createWords } from "../../lib/words";

const en = {
  cannotScan: "If the phone cannot scan it, type this into the app:",
  code: "Code",
  codeHint: "The six digits that the app shows now.",
  codeOrRecovery: "The six digits of the app, or a recovery code.",
  codesHint:
    "Each opens your account once when the phone is gone. Print them, or keep them with your passwords.",
  codesTitle: "Your recovery codes",
  confirm: "Turn on",
  enrol: "Set up",
  enrolTitle: "Set up a second factor",
  hint: "A code of your phone beside the password, so that a stolen password is not enough.",
  left: (count: number) =>
    `${count} recovery ${count === 1 ? "code is" : "codes are"} left. Who has lost the phone and the codes is let in from the machine of the server.`,
  off: "It is not turned on.",
  offToast: "A code is no longer asked for.",
  on: "It is turned on",
  onToast: "From now on you are asked for a code when you sign in.",
  password: "Your password",
  passwordHint: "Once more, so that nobody at an open browser can do this.",
  qr: "QR code to scan with an authenticator app",
  renew: "New recovery codes",
  renewHint: "The earlier ones are worth nothing any more.",
  renewTitle: "Make new recovery codes",
  scan: "Scan this with an authenticator app, then type the code that it shows.",
  since: "since",
  title: "Second factor",
  toNext: "Go on",
  turnOff: "Turn off",
  turnOffTitle: "Turn the second factor off?",
};

const vi: typeof en = {
  cannotScan: "Nếu điện thoại không quét được, hãy gõ chuỗi này vào ứng dụng:",
  code: "Mã",
  codeHint: "Sáu chữ số mà ứng dụng đang hiện.",
  codeOrRecovery: "Sáu chữ số của ứng dụng, hoặc một mã khôi phục.",
  codesHint:
    "Mỗi mã mở tài khoản của bạn một lần khi mất điện thoại. Hãy in ra, hoặc giữ cùng mật khẩu.",
  codesTitle: "Mã khôi phục của bạn",
  confirm: "Bật",
  enrol: "Thiết lập",
  enrolTitle: "Thiết lập xác thực hai lớp",
  hint: "Một mã trên điện thoại bên cạnh mật khẩu, để mật khẩu bị lộ thôi là chưa đủ.",
  left: (count) =>
    `Còn ${count} mã khôi phục. Ai mất cả điện thoại lẫn mã thì được mở lại từ máy đặt máy chủ.`,
  off: "Chưa bật.",
  offToast: "Không còn hỏi mã nữa.",
  on: "Đang bật",
  onToast: "Từ giờ bạn được hỏi mã khi đăng nhập.",
  password: "Mật khẩu của bạn",
  passwordHint: "Nhập lại, để không ai khác làm việc này trên trình duyệt đang mở.",
  qr: "Mã QR để quét bằng ứng dụng xác thực",
  renew: "Mã khôi phục mới",
  renewHint: "Các mã trước không còn giá trị.",
  renewTitle: "Tạo mã khôi phục mới",
  scan: "Hãy quét mã này bằng ứng dụng xác thực, rồi gõ mã mà ứng dụng hiện.",
  since: "từ",
  title: "Xác thực hai lớp",
  toNext: "Tiếp tục",
  turnOff: "Tắt",
  turnOffTitle: "Tắt xác thực hai lớp?",
};

/** What is said about the second factor. */
export const words = createWords({ en, vi });
