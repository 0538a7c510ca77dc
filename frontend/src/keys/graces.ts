import { t } from "../i18n";

const HOUR = 3600;

/** The grace periods of the old key in a rotation, in seconds. */
export const graces = () => [
  { value: "0", label: t("keys.graces.now") },
  { value: String(HOUR), label: t("keys.graces.hour") },
  { value: String(24 * HOUR), label: t("keys.graces.day") },
  { value: String(7 * 24 * HOUR), label: t("keys.graces.week") },
];
