import type { Role } from "../graphql/generated/graphql";
import { createWords } from "../lib/words";

const en: Record<Role, [word: string, meaning: string]> = {
  VIEWER: ["viewer", "Viewer: may look at everything"],
  ADMIN: ["admin", "Admin: may also change users, keys, providers and settings"],
  OWNER: ["owner", "Owner: may do everything"],
};
const vi: Record<Role, [word: string, meaning: string]> = {
  VIEWER: ["xem", "Xem: được xem mọi thứ"],
  ADMIN: ["quản trị", "Quản trị: còn được đổi người dùng, khóa, nhà cung cấp và cài đặt"],
  OWNER: ["chủ sở hữu", "Chủ sở hữu: được làm mọi thứ"],
};

/** Each role in a word, and what it may do. */
export const roleWords = createWords({ en, vi });

/** The roles, the least first. */
export const ROLES: readonly Role[] = ["VIEWER", "ADMIN", "OWNER"];

/** The roles as choices. */
export function roleOptions(): { value: Role; label: string }[] {
  return ROLES.map((role) => ({ value: role, label: roleWords()[role][1] }));
}
