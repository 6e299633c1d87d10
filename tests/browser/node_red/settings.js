// Node-RED as it is installed, with sign-in; alice's password is alice.
const bcrypt = require("bcryptjs");

module.exports = {
  uiHost: "127.0.0.1",
  uiPort: Number(process.env.PORT),
  flowFile: "flows.json",
  credentialSecret: false,
  telemetry: { enabled: false, updateNotification: false },
  editorTheme: { tours: false },
  adminAuth: {
    type: "credentials",
    users: [{ username: "alice", password: bcrypt.hashSync("alice", 4), permissions: "*" }],
  },
};
