import type { Theme } from "../lib/theme";
import { createWords } from "../lib/words";

const themesEn: Record<Theme, string> = { system: "As the device", light: "Light", dark: "Dark" };
const themesVi: Record<Theme, string> = { system: "Theo thiết bị", light: "Sáng", dark: "Tối" };

const en = {
  account: "Account and appearance",
  brokenHint:
    "The server may have been updated while this page was open. Reloading fetches the new one.",
  brokenTitle: "This page could not be shown",
  demo: "This is the demo engine.",
  demoHint:
    "It answers every request with made-up text and calls no provider. For real accounts, install the engine and restart the server:",
  dismiss: "Hide until the next visit",
  groups: { watch: "Watch", serve: "Serve", run: "Run" },
  language: "Language",
  lost: "The line to the server is lost; trying again. What you see may be out of date.",
  menu: "Menu",
  more: "More",
  notifications: "Messages",
  pages: "Pages",
  places: {
    engine: "Engine",
    overview: "Overview",
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
  demo: "Đây là engine dùng thử.",
  demoHint:
    "Nó trả lời mọi yêu cầu bằng văn bản bịa ra và không gọi nhà cung cấp nào. Để dùng tài khoản thật, hãy cài engine rồi khởi động lại máy chủ:",
  dismiss: "Ẩn đến lần truy cập sau",
  groups: { watch: "Theo dõi", serve: "Phục vụ", run: "Vận hành" },
  language: "Ngôn ngữ",
  lost: "Mất kết nối với máy chủ; đang thử lại. Những gì bạn thấy có thể đã cũ.",
  menu: "Trình đơn",
  more: "Thêm",
  notifications: "Thông báo",
  pages: "Các trang",
  places: {
    engine: "Engine",
    overview: "Tổng quan",
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
