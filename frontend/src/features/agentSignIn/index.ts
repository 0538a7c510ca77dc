export { AgentSignIn } from "./AgentSignIn";
