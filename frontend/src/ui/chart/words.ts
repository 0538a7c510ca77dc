import { createWords } from "../../lib/words";

const en = {
  asTable: "Table",
  asChart: "Chart",
  time: "Time",
  total: "Total",
  legend: "Parts of the chart",
  toggle: "Show or hide",
  keys: "Move along the chart with the arrow keys.",
  nothing: "Nothing was used in this time.",
};

const vi: typeof en = {
  asTable: "Bảng",
  asChart: "Biểu đồ",
  time: "Thời gian",
  total: "Tổng",
  legend: "Các phần của biểu đồ",
  toggle: "Hiện hoặc ẩn",
  keys: "Dùng phím mũi tên để di chuyển trên biểu đồ.",
  nothing: "Không có gì được dùng trong thời gian này.",
};

/** What charts say. */
export const words = createWords({ en, vi });
