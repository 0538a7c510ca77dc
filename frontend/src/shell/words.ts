import type { Theme } from "../lib/theme";
import { createWords } from "../lib/words";

const themesEn: Record<Theme, string> = { system: "As the device", light: "Light", dark: "Dark" };
const themesVi: Record<Theme, string> = { system: "Theo thiết bị", light: "Sáng", dark: "Tối" };

const en = {
  account: "Account and appearance",
  brokenHint:
    "The server may have been updated while this page was open. Reloading fetches the new one.",
  brokenTitle: "This page could not be shown",
  demo: "Demo engine:",
  demoCure: "For real ones:",
  demoHint: "every answer is made up, and no provider is called.",
  dismiss: "Hide until the next visit",
  groups: { watch: "Watch", serve: "Serve", run: "Run", own: "Yours" },
  kinds: { page: "page", user: "user", key: "key" },
  language: "Language",
  lost: "The line to the server is lost; trying again. What you see may be out of date.",
  menu: "Menu",
  more: "More",
  nothingFound: "Nothing by that name.",
  notifications: "Messages",
  pages: "Pages",
  places: {
    connect: "Set up tools",
    engine: "Engine",
    models: "Models",
    overview: "Overview",
    ownUsage: "Usage and limits",
    playground: "Playground",
    providers: "Providers",
    requests: "Requests",
    settings: "Settings",
    usage: "Usage",
    users: "Users",
  },
  reload: "Reload",
  search: "Search",
  searchHint: "Go to a page, a user or a key",
  signOut: "Sign out",
  skip: "Skip to the content",
  theme: "Theme",
  themes: themesEn,
  version: (version: string) => `version ${version}`,
};

const vi: typeof en = {
  account: "Tài khoản và giao diện",
  brokenHint: "Máy chủ có thể đã được cập nhật khi trang này đang mở. Tải lại để lấy bản mới.",
  brokenTitle: "Không hiển thị được trang này",
  demo: "Engine dùng thử:",
  demoCure: "Để dùng thật:",
  demoHint: "mọi câu trả lời đều bịa ra, không gọi nhà cung cấp nào.",
  dismiss: "Ẩn đến lần truy cập sau",
  groups: { watch: "Theo dõi", serve: "Phục vụ", run: "Vận hành", own: "Của bạn" },
  kinds: { page: "trang", user: "người dùng", key: "khóa" },
  language: "Ngôn ngữ",
  lost: "Mất kết nối với máy chủ; đang thử lại. Những gì bạn thấy có thể đã cũ.",
  menu: "Trình đơn",
  more: "Thêm",
  nothingFound: "Không có gì tên như vậy.",
  notifications: "Thông báo",
  pages: "Các trang",
  places: {
    connect: "Thiết lập công cụ",
    engine: "Engine",
    models: "Mô hình",
    overview: "Tổng quan",
    ownUsage: "Mức dùng và giới hạn",
    playground: "Thử nghiệm",
    providers: "Nhà cung cấp",
    requests: "Yêu cầu",
    settings: "Cài đặt",
    usage: "Mức sử dụng",
    users: "Người dùng",
  },
  reload: "Tải lại",
  search: "Tìm kiếm",
  searchHint: "Đến một trang, người dùng hoặc khóa",
  signOut: "Đăng xuất",
  skip: "Đến phần nội dung",
  theme: "Giao diện",
  themes: themesVi,
  version: (version) => `phiên bản ${version}`,
};

/** What the frame around the pages says. */
export const words = createWords({ en, vi });
