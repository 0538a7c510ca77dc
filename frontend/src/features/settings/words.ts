import type { AbortPolicy, RoutingStrategy } from "../../graphql/generated/graphql";
import { createWords } from "../../lib/words";

const policiesEn: Record<AbortPolicy, string> = {
  DRAIN: "Read on to the end and count",
  CANCEL: "Hang up on the provider and estimate",
};
const policiesVi: Record<AbortPolicy, string> = {
  DRAIN: "Đọc tiếp đến hết và đếm",
  CANCEL: "Ngắt với nhà cung cấp và ước tính",
};

const strategiesEn: Record<RoutingStrategy, string> = {
  ROUND_ROBIN: "One after another",
  WEIGHTED: "One after another, by weight",
  FILL_FIRST: "The first until it is used up",
};
const strategiesVi: Record<RoutingStrategy, string> = {
  ROUND_ROBIN: "Lần lượt từng tài khoản",
  WEIGHTED: "Lần lượt, theo trọng số",
  FILL_FIRST: "Dùng hết tài khoản đầu rồi mới sang",
};

const en = {
  after: "After",
  before: "Before",
  changes: (count: number) => `${count} ${count === 1 ? "change" : "changes"} not saved`,
  conflict: "Somebody else has changed the settings meanwhile.",
  conflictHint:
    "Nothing of yours was saved. Theirs are in the form now, and yours on top of them. Look at both, then save again, or leave it at theirs.",
  choices: {
    abortPolicy: policiesEn,
    strategy: strategiesEn,
    sessionAffinity: { ON: "Yes", OFF: "No, each request is on its own" },
    cooldown: { ON: "Yes", OFF: "No, try it again at once" },
  },
  discard: "Discard",
  fields: {
    abortPolicy: "When a client leaves before the end",
    drainSeconds: "Read on for at most (seconds)",
    drainBytes: "Read on for at most (MiB)",
    drainConcurrency: "Answers read on at the same time",
    maxBodyBytes: "Largest request (MiB)",
    assumedOutputTokens: "Assumed length of an answer (tokens)",
    requestsPerMinute: "Requests in a minute",
    tokensPerMinute: "Tokens in a minute",
    concurrentRequests: "Requests at once",
    concurrentSockets: "WebSockets open at once",
    retentionDays: "Single requests are kept for (days)",
    backupEveryHours: "A backup every (hours)",
    backupsKept: "Backups that are kept",
    strategy: "Accounts take turns",
    sessionAffinity: "Conversations stay with an account",
    sessionAffinitySeconds: "It stays for (seconds)",
    requestRetries: "Further rounds after a failure",
    maxRetryCredentials: "Accounts that one round tries",
    maxRetryIntervalSeconds: "Longest wait for one (seconds)",
    cooldown: "Accounts that failed are left alone",
    transientCooldownSeconds: "After a passing failure for (seconds)",
    streamKeepaliveSeconds: "Comment in silent streams every (seconds)",
    answerTimeoutSeconds: "An answer must begin within (seconds)",
    accountCheckMinutes: "Ask after each account every (minutes)",
  },
  groups: {
    abandoned: [
      "Answers that nobody waits for",
      "A client may hang up in the middle of an answer. What the provider has begun costs tokens all the same.",
    ],
    size: ["Size", "How much is too much, and what is set aside while a request is under way."],
    rate: ["Speed of users without a limit of their own", "What is left empty is not limited."],
    routing: [
      "Which account serves",
      "Priority and weight are set at each account. What holds for one provider alone is set there.",
    ],
    failures: [
      "When an account fails",
      "Another one takes over as long as nothing was sent to the client yet.",
    ],
    retention: [
      "Records and backups",
      "Sums of usage and costs stay for ever; only single requests go.",
    ],
  },
  hints: {
    abortPolicy: "Reading on costs the rest of the answer, but counts its tokens exactly.",
    maxBodyBytes: "Larger ones are refused with status 413.",
    assumedOutputTokens: "Reserved from quotas for a request that does not bound its answer.",
    backupEveryHours: "0 is never. The server needs BACKUP_PASSPHRASE in its environment.",
    backupsKept: "The oldest goes when the schedule makes another.",
    strategy: "Those of the same priority; higher ones come first.",
    sessionAffinity: "Keeps the provider’s prompt cache warm, which makes answers cheaper.",
    sessionAffinitySeconds: "60 to 604,800, which is a week.",
    requestRetries: "0 to 10.",
    maxRetryCredentials: "0 tries all of them.",
    maxRetryIntervalSeconds: "Until one has cooled down; 0 waits for none.",
    transientCooldownSeconds: "Such as status 408 or 5xx; 0 is not at all.",
    streamKeepaliveSeconds:
      "For proxies that close silent connections, such as Cloudflare after 100 s; 0 is off. Gemini CLI cannot read comments.",
    answerTimeoutSeconds: "1 to 86,400. The slowest models think for a quarter of an hour.",
    accountCheckMinutes: "15 to 1,440; 0 is never. It costs no tokens, and the provider sees it.",
  },
  keepTheirs: "Leave it at theirs",
  leave: "Leave without saving",
  leaveHint: "What you have changed on this page is not saved, and would be lost.",
  leaveTitle: "Leave the settings?",
  notLimited: "not limited",
  review: "Review and save",
  save: "Save",
  saved: "The settings are saved.",
  theirs: "What they changed",
  title: "Review your changes",
  version: (version: number) => `Version ${version}`,
  versionBy: (version: number, ago: string) => `Version ${version}, saved ${ago}`,
  yours: "What you change",
  back: "Back to the form",
};

const vi: typeof en = {
  after: "Sau",
  before: "Trước",
  changes: (count) => `${count} thay đổi chưa lưu`,
  conflict: "Trong lúc đó có người khác đã đổi cài đặt.",
  conflictHint:
    "Chưa lưu gì của bạn. Biểu mẫu giờ chứa cài đặt của họ, với thay đổi của bạn ở trên. Hãy xem cả hai rồi lưu lại, hoặc giữ theo của họ.",
  choices: {
    abortPolicy: policiesVi,
    strategy: strategiesVi,
    sessionAffinity: { ON: "Có", OFF: "Không, mỗi yêu cầu riêng rẽ" },
    cooldown: { ON: "Có", OFF: "Không, thử lại ngay" },
  },
  discard: "Bỏ",
  fields: {
    abortPolicy: "Khi máy khách rời đi trước khi xong",
    drainSeconds: "Đọc tiếp nhiều nhất (giây)",
    drainBytes: "Đọc tiếp nhiều nhất (MiB)",
    drainConcurrency: "Số câu trả lời đọc tiếp cùng lúc",
    maxBodyBytes: "Yêu cầu lớn nhất (MiB)",
    assumedOutputTokens: "Độ dài giả định của câu trả lời (token)",
    requestsPerMinute: "Yêu cầu mỗi phút",
    tokensPerMinute: "Token mỗi phút",
    concurrentRequests: "Yêu cầu cùng lúc",
    concurrentSockets: "WebSocket mở cùng lúc",
    retentionDays: "Giữ từng yêu cầu trong (ngày)",
    backupEveryHours: "Sao lưu mỗi (giờ)",
    backupsKept: "Số bản sao lưu được giữ",
    strategy: "Các tài khoản thay phiên",
    sessionAffinity: "Cuộc trò chuyện ở lại một tài khoản",
    sessionAffinitySeconds: "Ở lại trong (giây)",
    requestRetries: "Số vòng thử thêm sau khi hỏng",
    maxRetryCredentials: "Số tài khoản mỗi vòng thử",
    maxRetryIntervalSeconds: "Đợi tài khoản lâu nhất (giây)",
    cooldown: "Tài khoản bị lỗi được để yên một lúc",
    transientCooldownSeconds: "Sau lỗi thoáng qua, trong (giây)",
    streamKeepaliveSeconds: "Gửi chú thích trong luồng im lặng mỗi (giây)",
    answerTimeoutSeconds: "Câu trả lời phải bắt đầu trong (giây)",
    accountCheckMinutes: "Hỏi thăm từng tài khoản mỗi (phút)",
  },
  groups: {
    abandoned: [
      "Câu trả lời không còn ai đợi",
      "Máy khách có thể ngắt giữa chừng. Phần nhà cung cấp đã bắt đầu vẫn tốn token.",
    ],
    size: ["Kích thước", "Bao nhiêu là quá nhiều, và giữ trước bao nhiêu khi yêu cầu đang chạy."],
    rate: ["Tốc độ của người dùng không có giới hạn riêng", "Ô để trống thì không giới hạn."],
    routing: [
      "Tài khoản nào phục vụ",
      "Ưu tiên và trọng số đặt ở từng tài khoản. Điều chỉ đúng với một nhà cung cấp thì đặt ở đó.",
    ],
    failures: [
      "Khi một tài khoản bị lỗi",
      "Tài khoản khác thay vào, miễn là chưa gửi gì cho máy khách.",
    ],
    retention: [
      "Sổ ghi và sao lưu",
      "Tổng mức dùng và chi phí được giữ mãi; chỉ từng yêu cầu bị xóa.",
    ],
  },
  hints: {
    abortPolicy: "Đọc tiếp thì tốn phần còn lại của câu trả lời, nhưng đếm token chính xác.",
    maxBodyBytes: "Yêu cầu lớn hơn bị từ chối với mã 413.",
    assumedOutputTokens: "Giữ trước từ hạn mức cho yêu cầu không giới hạn câu trả lời.",
    backupEveryHours: "0 là không bao giờ. Máy chủ cần BACKUP_PASSPHRASE trong môi trường.",
    backupsKept: "Bản cũ nhất bị xóa khi lịch tạo bản mới.",
    strategy: "Trong cùng mức ưu tiên; mức cao hơn đi trước.",
    sessionAffinity: "Giữ cache prompt của nhà cung cấp, câu trả lời rẻ hơn.",
    sessionAffinitySeconds: "60 đến 604.800, tức một tuần.",
    requestRetries: "0 đến 10.",
    maxRetryCredentials: "0 là thử tất cả.",
    maxRetryIntervalSeconds: "Đến khi một tài khoản nghỉ xong; 0 là không đợi.",
    transientCooldownSeconds: "Như mã 408 hoặc 5xx; 0 là không nghỉ.",
    streamKeepaliveSeconds:
      "Cho proxy đóng kết nối im lặng, như Cloudflare sau 100 giây; 0 là tắt. Gemini CLI không đọc được chú thích.",
    answerTimeoutSeconds: "1 đến 86.400. Mô hình chậm nhất nghĩ đến một phần tư giờ.",
    accountCheckMinutes:
      "15 đến 1.440; 0 là không bao giờ. Không tốn token, nhưng nhà cung cấp thấy.",
  },
  keepTheirs: "Giữ theo của họ",
  leave: "Rời đi không lưu",
  leaveHint: "Những gì bạn đã đổi trên trang này chưa được lưu và sẽ mất.",
  leaveTitle: "Rời phần cài đặt?",
  notLimited: "không giới hạn",
  review: "Xem lại và lưu",
  save: "Lưu",
  saved: "Đã lưu cài đặt.",
  theirs: "Họ đã đổi gì",
  title: "Xem lại các thay đổi",
  version: (version) => `Phiên bản ${version}`,
  versionBy: (version, ago) => `Phiên bản ${version}, lưu ${ago}`,
  yours: "Bạn đổi gì",
  back: "Về biểu mẫu",
};

/** What is said about settings. */
export const words = createWords({ en, vi });
