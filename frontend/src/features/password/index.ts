export { PasswordPanel } from "./PasswordPanel";
