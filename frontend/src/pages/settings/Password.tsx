export { PasswordPanel as default } from "../../features/password";
