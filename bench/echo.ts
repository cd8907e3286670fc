/** The yardstick: a bare uWebSockets.js echo. Prints its port. */
import * as uws from "uWebSockets.js";

const app = uws.App().ws("/*", {
  compression: 0,
  maxPayloadLength: 4096,
  message: (socket, message) => {
    socket.send(message, true, false);
  },
});
app.listen("127.0.0.1", 0, (socket) => {
  if (socket === false) throw new Error("cannot listen on loopback");
  console.log(uws.us_socket_local_port(socket as unknown as uws.us_socket));
});
