/*
 * Latency client: from a signal sent to its order received, measured from outside, for run.ts. Thin variant of the project's
 * reference client: it feeds an engine and is the order socket of the engine's venue, so both stamps are of one clock.
 *
 *   latency-client [-s] -f frames -t token -w warm-up -p load[,load] kind:name:positions ...
 *
 *   kind        echo: a binary WebSocket echo. lane: an engine; its orders are matched to signals by client order id.
 *   positions   file whose first 8 bytes this client keeps at the lots it has filled; "-" for an echo
 *   load        rate:rounds:block, rate in signals/s, 0 = closed loop
 *   -s          never sleeps while it measures: without it, waking this process up is part of every latency of a slow load
 *
 * It prints `ports <order port> ...` (0 for an echo), reads one line with the port of each target, prints `warm` when all are,
 * and then one line per block: `block <load> <target> <lost> <doubled> <foreign> <us> <us> ...`, or `error <text>` and ends with 1.
 *
 * Method
 *   - Blocks are interleaved, A B C A B C, so that a slow minute of the machine is everybody's.
 *   - Open loop: latency counts from when the signal was due, not from when it was sent.
 *   - Every signal must cause exactly one order: lost, doubled and foreign ones are counted.
 *   - The order is stamped first; only then is it answered FILLED, which is work the engine does while the next is under way.
 *   - An engine may hang up on its venue and call again, as on a busy machine it does: what that costs is in the figures.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TARGETS_MAX = 8, ORDER_SOCKETS = 2, LOADS_MAX = 8, TAG_CHARS = 16, READ_BYTES = 1 << 18, FRAME_BYTES_MAX = 4096 };
enum { OP_TEXT = 1, OP_BINARY = 2, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10 };

static const int64_t SECOND_NS = 1000000000LL;
/* How long an order may take before its signal counts as lost. The first one waits for the engine to boot. */
static const int64_t LOST_NS = 3000000000LL;
static const int64_t BOOT_NS = 30000000000LL;
/* Sockets that are not being measured are served this often within a block. */
static const int64_t SERVE_NS = 100000000LL;

/* Written by frames.ts: this header, then `count` records of a tag and a frame. */
typedef struct {
  uint32_t count, frame_bytes, stamp_offset, reserved;
} FramesHeader;

typedef struct {
  int fd;
  int length;
  uint8_t bytes[READ_BYTES];
} Stream;

typedef struct {
  int is_lane;
  char name[32];
  int64_t *position_lots;
  int listener, order_port;
  Stream feed, orders[ORDER_SOCKETS];
  /* By signal: when it was due, and when its order came (0: not yet). */
  int64_t *due_ns, *seen_ns;
  int sent, expected, seen, doubled, foreign, refused;
} Target;

typedef struct {
  double rate;
  int rounds, block;
} Load;

static const uint8_t *frames;
static FramesHeader header;
static Target targets[TARGETS_MAX];
static int target_count;
static int spins;

static void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  printf("error ");
  vprintf(format, arguments);
  printf("\n");
  va_end(arguments);
  exit(1);
}

static int64_t clock_ns(clockid_t id) {
  struct timespec time;
  clock_gettime(id, &time);
  return time.tv_sec * SECOND_NS + time.tv_nsec;
}
static int64_t now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }

static const uint8_t *record_of(int index) {
  return frames + sizeof(FramesHeader) + (size_t)index * (TAG_CHARS + header.frame_bytes);
}

/* --- sockets --- */

static void no_delay(int fd) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* 0: the peer is gone. */
static int write_all(int fd, const void *bytes, int length) {
  const char *at = bytes;
  while (length > 0) {
    int written = send(fd, at, length, MSG_NOSIGNAL);
    if (written < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (written < 0) return 0;
    at += written;
    length -= written;
  }
  return 1;
}

/* 0: the peer is gone. */
static int read_head(int fd, char *head, int capacity) {
  for (int length = 0; length < capacity - 1;) {
    if (read(fd, head + length, 1) <= 0) return 0;
    head[++length] = 0;
    if (length >= 4 && memcmp(head + length - 4, "\r\n\r\n", 4) == 0) return 1;
  }
  fail("handshake: head too long");
  return 0;
}

static struct sockaddr_in loopback(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static int connect_websocket(int port, const char *path, const char *token) {
  struct sockaddr_in address = loopback(port);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, (void *)&address, sizeof address) != 0) fail("connect to %d: %s", port, strerror(errno));
  no_delay(fd);
  char head[4096];
  int length = snprintf(head, sizeof head,
                        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                        "Authorization: Bearer %s\r\n\r\n",
                        path, port, token);
  if (!write_all(fd, head, length) || !read_head(fd, head, sizeof head)) fail("port %d closed its connection", port);
  if (strstr(head, " 101 ") == NULL) fail("port %d refused the WebSocket: %.60s", port, head);
  return fd;
}

static int listen_anywhere(int *port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (bind(fd, (void *)&address, size) != 0 || listen(fd, 4) != 0) fail("listen: %s", strerror(errno));
  getsockname(fd, (void *)&address, &size);
  *port = ntohs(address.sin_port);
  return fd;
}

/* SHA-1 and base64, for one handshake header. */

static uint32_t rotate(uint32_t word, int bits) { return word << bits | word >> (32 - bits); }

static void sha1(const uint8_t *message, int length, uint8_t digest[20]) {
  uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  uint8_t padded[192] = {0};
  int blocks = (length + 8) / 64 + 1;
  memcpy(padded, message, length);
  padded[length] = 0x80;
  for (int i = 0; i < 8; i++) padded[blocks * 64 - 1 - i] = (uint64_t)length * 8 >> (8 * i);
  for (int block = 0; block < blocks; block++) {
    uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (int i = 0; i < 80; i++) {
      const uint8_t *at = padded + block * 64 + 4 * i;
      w[i] = i < 16 ? (uint32_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3]
                    : rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
      uint32_t mixed = i < 20   ? ((b & c) | (~b & d)) + 0x5A827999
                       : i < 40 ? (b ^ c ^ d) + 0x6ED9EBA1
                       : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDC
                                : (b ^ c ^ d) + 0xCA62C1D6;
      uint32_t next = rotate(a, 5) + mixed + e + w[i];
      e = d, d = c, c = rotate(b, 30), b = a, a = next;
    }
    h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
  }
  for (int i = 0; i < 20; i++) digest[i] = h[i / 4] >> (24 - 8 * (i % 4));
}

static void base64(const uint8_t *bytes, int length, char *text) {
  static const char *digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (int i = 0; i < length; i += 3) {
    uint32_t v = bytes[i] << 16 | (i + 1 < length ? bytes[i + 1] << 8 : 0) | (i + 2 < length ? bytes[i + 2] : 0);
    *text++ = digits[v >> 18 & 63];
    *text++ = digits[v >> 12 & 63];
    *text++ = i + 1 < length ? digits[v >> 6 & 63] : '=';
    *text++ = i + 2 < length ? digits[v & 63] : '=';
  }
  *text = 0;
}

/* Takes an order connection of the engine: the one that carries orders, or its standby. */
static void accept_orders(Target *target) {
  int fd = accept(target->listener, NULL, NULL);
  if (fd < 0) return;
  no_delay(fd);
  char head[4096], key[128] = "", accepted[64], answer[256];
  uint8_t digest[20];
  if (!read_head(fd, head, sizeof head)) {
    /* It gave up while it waited to be taken. */
    close(fd);
    return;
  }
  char *found = strcasestr(head, "sec-websocket-key:");
  if (found == NULL) fail("%s: an order connection without a key", target->name);
  sscanf(found + 18, " %60s", key);
  strcat(key, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
  sha1((uint8_t *)key, strlen(key), digest);
  base64(digest, 20, accepted);
  write_all(fd, answer,
            snprintf(answer, sizeof answer,
                     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Accept: %s\r\n\r\n",
                     accepted));
  for (int i = 0; i < ORDER_SOCKETS; i++) {
    if (target->orders[i].fd >= 0) continue;
    target->orders[i].fd = fd;
    target->orders[i].length = 0;
    return;
  }
  fail("%s opened more than %d order sockets", target->name, ORDER_SOCKETS);
}

/* --- WebSocket frames --- */

/* `mask` as clients must; NULL as servers must not. */
static int write_frame(uint8_t *out, int opcode, const uint8_t *payload, int length, const uint8_t *mask) {
  int at = 0;
  out[at++] = 0x80 | opcode;
  if (length < 126) out[at++] = (mask ? 0x80 : 0) | length;
  else {
    out[at++] = (mask ? 0x80 : 0) | 126;
    out[at++] = length >> 8;
    out[at++] = length;
  }
  if (mask == NULL) {
    memcpy(out + at, payload, length);
    return at + length;
  }
  memcpy(out + at, mask, 4);
  at += 4;
  for (int i = 0; i < length; i++) out[at + i] = payload[i] ^ mask[i & 3];
  return at + length;
}

typedef struct {
  int opcode, length, consumed;
  uint8_t *payload;
} Message;

/* The message at the start of `bytes`, unmasked in place. 0: not all there yet. */
static int parse_message(uint8_t *bytes, int available, Message *message) {
  if (available < 2) return 0;
  int masked = bytes[1] & 0x80, at = 2;
  uint64_t length = bytes[1] & 127;
  if (length == 126) {
    if (available < 4) return 0;
    length = bytes[2] << 8 | bytes[3];
    at = 4;
  } else if (length == 127) fail("a message of 64 KiB or more");
  if (masked) at += 4;
  if ((uint64_t)available < at + length) return 0;
  for (uint64_t i = 0; masked && i < length; i++) bytes[at + i] ^= bytes[at - 4 + (i & 3)];
  *message = (Message){bytes[0] & 15, (int)length, at + (int)length, bytes + at};
  return 1;
}

/* Bytes read, 0 where there are none yet, -1 where the peer is gone. */
static int fill(Stream *stream) {
  int got = recv(stream->fd, stream->bytes + stream->length, READ_BYTES - stream->length, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  if (got <= 0) return -1;
  stream->length += got;
  return got;
}

static int pong(int fd, const Message *ping, const uint8_t *mask) {
  uint8_t frame[160];
  return ping->length > 125 || write_all(fd, frame, write_frame(frame, OP_PONG, ping->payload, ping->length, mask));
}

/* --- the venue's order socket --- */

/* The text behind `"name":"`, up to its closing quote. */
static int text_field(const Message *message, const char *name, char *value, int capacity) {
  const char *text = (const char *)message->payload, *end = text + message->length;
  const char *at = memmem(text, message->length, name, strlen(name));
  if (at == NULL) return 0;
  at += strlen(name);
  const char *close = memchr(at, '"', end - at);
  if (close == NULL || close - at >= capacity) return 0;
  memcpy(value, at, close - at);
  value[close - at] = 0;
  return 1;
}

static void note_order(Target *target, const char *tag, int64_t at_ns) {
  int index = target->expected;
  if (index >= target->sent || memcmp(record_of(index), tag, TAG_CHARS) != 0) {
    /* Not in order: rare, so it may cost a search. */
    for (index = target->sent - 1; index >= 0 && memcmp(record_of(index), tag, TAG_CHARS) != 0;) index--;
    if (index < 0) {
      target->foreign++;
      return;
    }
  }
  if (target->seen_ns[index] != 0) {
    target->doubled++;
    return;
  }
  target->seen_ns[index] = at_ns;
  target->seen++;
  if (index >= target->expected) target->expected = index + 1;
}

/* 0: the engine is gone. */
static int answer_order(Target *target, int fd, const Message *request) {
  char id[64], order[64] = "", price[32] = "", quantity[32] = "", body[1024];
  uint8_t frame[1100];
  if (!text_field(request, "\"id\":\"", id, sizeof id)) fail("%s sent a request without id", target->name);
  int length;
  if (!text_field(request, "\"newClientOrderId\":\"", order, sizeof order)) {
    /* The proof of its signature at connect, and anything else it asks about orders we do not keep. */
    length = snprintf(body, sizeof body,
                      "{\"id\":\"%s\",\"status\":400,\"error\":{\"code\":-2013,\"msg\":\"Order does not exist.\"}}", id);
  } else {
    text_field(request, "\"price\":\"", price, sizeof price);
    text_field(request, "\"quantity\":\"", quantity, sizeof quantity);
    int sells = memmem(request->payload, request->length, "\"side\":\"SELL\"", 13) != NULL;
    /* Instruments of the bench have three decimals. Before the answer: nobody who has it may see an older position. */
    int64_t lots = (int64_t)(strtod(quantity, NULL) * 1000 + 0.5);
    __atomic_fetch_add(target->position_lots, sells ? -lots : lots, __ATOMIC_SEQ_CST);
    length = snprintf(
        body, sizeof body,
        "{\"id\":\"%s\",\"status\":200,\"result\":{\"orderId\":%lld,\"symbol\":\"BTCUSDT\",\"status\":\"FILLED\","
        "\"clientOrderId\":\"%s\",\"price\":\"%s\",\"avgPrice\":\"%s\",\"origQty\":\"%s\",\"executedQty\":\"%s\","
        "\"cumQty\":\"%s\",\"cumQuote\":\"61.80000000\",\"timeInForce\":\"IOC\",\"type\":\"LIMIT\",\"reduceOnly\":false,"
        "\"closePosition\":false,\"side\":\"%s\",\"positionSide\":\"BOTH\",\"stopPrice\":\"0\",\"workingType\":"
        "\"CONTRACT_PRICE\",\"priceProtect\":false,\"origType\":\"LIMIT\",\"priceMatch\":\"NONE\","
        "\"selfTradePreventionMode\":\"NONE\",\"goodTillDate\":0,\"updateTime\":%lld}}",
        id, 9007199254740993LL + target->seen, order, price, price, quantity, quantity, quantity,
        sells ? "SELL" : "BUY", (long long)(clock_ns(CLOCK_REALTIME) / 1000000));
  }
  return write_all(fd, frame, write_frame(frame, OP_TEXT, (uint8_t *)body, length, NULL));
}

/* Its seat is free for the connection that follows it. */
static void hang_up(Stream *stream) {
  close(stream->fd);
  stream->fd = -1;
}

static void read_orders(Target *target, Stream *stream) {
  int got = fill(stream);
  if (got < 0) hang_up(stream);
  if (got <= 0) return;
  int64_t at_ns = now_ns();
  int at = 0;
  Message message;
  /* One stamp for all that has come: answering the first takes time that is not the engine's. */
  while (parse_message(stream->bytes + at, stream->length - at, &message)) {
    char order[64];
    if (message.opcode == OP_TEXT && text_field(&message, "\"newClientOrderId\":\"", order, sizeof order))
      note_order(target, order, at_ns);
    int alive = message.opcode != OP_CLOSE;
    if (message.opcode == OP_PING) alive = pong(stream->fd, &message, NULL);
    if (message.opcode == OP_TEXT || message.opcode == OP_BINARY) alive = answer_order(target, stream->fd, &message);
    if (!alive) {
      hang_up(stream);
      return;
    }
    at += message.consumed;
  }
  memmove(stream->bytes, stream->bytes + at, stream->length -= at);
}

/* --- the feed --- */

static void read_feed(Target *target) {
  static const uint8_t mask[4] = {0x12, 0x34, 0x56, 0x78};
  Stream *stream = &target->feed;
  int got = fill(stream);
  if (got < 0) fail("%s closed its feed", target->name);
  if (got == 0) return;
  int64_t at_ns = now_ns();
  int at = 0;
  Message message;
  while (parse_message(stream->bytes + at, stream->length - at, &message)) {
    if (message.opcode == OP_PING) (void)pong(stream->fd, &message, mask);
    else if (message.opcode == OP_CLOSE) fail("%s closed its feed", target->name);
    else if (!target->is_lane && message.opcode == OP_BINARY) {
      const uint8_t *frame = record_of(target->expected) + TAG_CHARS;
      int differs = message.length != (int)header.frame_bytes ||
                    memcmp(message.payload + header.stamp_offset + 8, frame + header.stamp_offset + 8,
                           header.frame_bytes - header.stamp_offset - 8) != 0;
      if (differs) fail("%s: the echo is not what was sent", target->name);
      note_order(target, (const char *)record_of(target->expected), at_ns);
    } else if (target->is_lane && memmem(message.payload, message.length, "\"status\":202", 12) == NULL) {
      if (target->refused++ == 0) fprintf(stderr, "%s refused: %.*s\n", target->name, message.length, message.payload);
    }
    at += message.consumed;
  }
  memmove(stream->bytes, stream->bytes + at, stream->length -= at);
}

static void send_signal(Target *target, int64_t due_ns) {
  uint8_t frame[FRAME_BYTES_MAX], out[FRAME_BYTES_MAX + 16];
  int index = target->sent++;
  uint8_t mask[4] = {0x12, 0x34, 0x56, index};
  int64_t stamp_ms = clock_ns(CLOCK_REALTIME) / 1000000;
  memcpy(frame, record_of(index) + TAG_CHARS, header.frame_bytes);
  memcpy(frame + header.stamp_offset, &stamp_ms, 8);
  int length = write_frame(out, OP_BINARY, frame, header.frame_bytes, mask);
  target->due_ns[index] = due_ns == 0 ? now_ns() : due_ns;
  if (!write_all(target->feed.fd, out, length)) fail("%s closed its feed", target->name);
}

/* --- blocks --- */

/* Waits for the measured target's sockets, at most `wait_ns`, and reads what there is. Orders first. */
static void await_target(Target *target, int64_t wait_ns) {
  struct pollfd polled[1 + ORDER_SOCKETS] = {{target->feed.fd, POLLIN, 0}};
  for (int i = 0; i < ORDER_SOCKETS; i++) polled[1 + i] = (struct pollfd){target->orders[i].fd, POLLIN, 0};
  if (spins) wait_ns = 0;
  struct timespec timeout = {wait_ns / SECOND_NS, wait_ns % SECOND_NS};
  if (ppoll(polled, target->is_lane ? 1 + ORDER_SOCKETS : 1, &timeout, NULL) <= 0) return;
  for (int i = 0; target->is_lane && i < ORDER_SOCKETS; i++)
    if (polled[1 + i].revents) read_orders(target, &target->orders[i]);
  if (polled[0].revents) read_feed(target);
}

/* Pings, acks and connections of everybody, without waiting longer than `wait_ms`. */
static void serve_all(int wait_ms) {
  enum { EACH = 2 + ORDER_SOCKETS };
  struct pollfd polled[EACH * TARGETS_MAX];
  for (int i = 0; i < target_count; i++) {
    polled[EACH * i] = (struct pollfd){targets[i].listener, POLLIN, 0};
    polled[EACH * i + 1] = (struct pollfd){targets[i].feed.fd, POLLIN, 0};
    for (int j = 0; j < ORDER_SOCKETS; j++)
      polled[EACH * i + 2 + j] = (struct pollfd){targets[i].orders[j].fd, POLLIN, 0};
  }
  if (poll(polled, EACH * target_count, wait_ms) <= 0) return;
  for (int i = 0; i < target_count; i++) {
    for (int j = 0; j < ORDER_SOCKETS; j++)
      if (polled[EACH * i + 2 + j].revents) read_orders(&targets[i], &targets[i].orders[j]);
    if (polled[EACH * i + 1].revents) read_feed(&targets[i]);
    if (polled[EACH * i].revents) accept_orders(&targets[i]);
  }
}

static int64_t serve_due(int64_t due_ns) {
  int64_t at_ns = now_ns();
  if (at_ns < due_ns) return due_ns;
  serve_all(0);
  return at_ns + SERVE_NS;
}

static void closed_loop(Target *target, int block, int64_t lost_ns) {
  int64_t serve_ns = now_ns();
  for (int i = 0; i < block; i++) {
    serve_ns = serve_due(serve_ns);
    int index = target->sent;
    send_signal(target, 0);
    int64_t until_ns = target->due_ns[index] + lost_ns;
    while (target->seen_ns[index] == 0 && now_ns() < until_ns) {
      /* While an engine boots, its sockets have yet to come. */
      if (target->is_lane && target->orders[0].fd < 0) serve_all(10);
      else await_target(target, SERVE_NS);
      if (target->seen_ns[index] == 0) serve_ns = serve_due(serve_ns);
    }
    if (target->seen_ns[index] == 0) return;
  }
}

static void open_loop(Target *target, int block, double rate) {
  int64_t start_ns = now_ns() + SECOND_NS / 1000, serve_ns = start_ns + SERVE_NS, ended_ns = 0;
  int first = target->sent, seen_before = target->seen;
  double period_ns = SECOND_NS / rate;
  while (target->seen - seen_before < block) {
    int sent = target->sent - first;
    int64_t at_ns = now_ns();
    while (sent < block && start_ns + (int64_t)(sent * period_ns) <= at_ns) {
      send_signal(target, start_ns + (int64_t)(sent * period_ns));
      sent++;
      at_ns = now_ns();
    }
    if (sent == block && ended_ns == 0) ended_ns = at_ns;
    if (ended_ns != 0 && at_ns > ended_ns + LOST_NS) return;
    int64_t wait_ns = sent < block ? start_ns + (int64_t)(sent * period_ns) - at_ns : SERVE_NS;
    await_target(target, wait_ns < 0 ? 0 : wait_ns);
    serve_ns = serve_due(serve_ns);
  }
}

static void run_block(int load_index, const Load *load, Target *target) {
  int first = target->sent, doubled = target->doubled, foreign = target->foreign, lost = 0;
  if (load->rate <= 0) closed_loop(target, load->block, LOST_NS);
  else open_loop(target, load->block, load->rate);
  /* The acks of this block are still coming; they must not fall into the next one's. */
  for (int64_t until_ns = now_ns() + 20000000; now_ns() < until_ns;) serve_all(5);
  for (int i = first; i < target->sent; i++) lost += target->seen_ns[i] == 0;
  printf("block %d %d %d %d %d", load_index, (int)(target - targets), lost, target->doubled - doubled,
         target->foreign - foreign);
  for (int i = first; i < target->sent; i++)
    if (target->seen_ns[i] != 0) printf(" %.1f", (target->seen_ns[i] - target->due_ns[i]) / 1e3);
  printf("\n");
}

/* --- start --- */

static void map_frames(const char *path) {
  int fd = open(path, O_RDONLY);
  struct stat status;
  if (fd < 0 || fstat(fd, &status) != 0) fail("%s: %s", path, strerror(errno));
  frames = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
  memcpy(&header, frames, sizeof header);
  size_t expected = sizeof header + (size_t)header.count * (TAG_CHARS + header.frame_bytes);
  if (header.frame_bytes > FRAME_BYTES_MAX || (size_t)status.st_size != expected) fail("%s: wrong size", path);
}

static void open_target(Target *target, const char *text) {
  char kind[8], path[1024];
  if (sscanf(text, "%7[^:]:%31[^:]:%1023s", kind, target->name, path) != 3) fail("bad target %s", text);
  target->is_lane = strcmp(kind, "lane") == 0;
  target->listener = target->feed.fd = -1;
  for (int i = 0; i < ORDER_SOCKETS; i++) target->orders[i].fd = -1;
  target->due_ns = calloc(header.count, sizeof(int64_t));
  target->seen_ns = calloc(header.count, sizeof(int64_t));
  if (!target->is_lane) return;
  target->listener = listen_anywhere(&target->order_port);
  int fd = open(path, O_RDWR);
  if (fd < 0) fail("%s: %s", path, strerror(errno));
  target->position_lots = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (target->position_lots == MAP_FAILED) fail("%s: %s", path, strerror(errno));
}

int main(int count, char **arguments) {
  prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
  Load loads[LOADS_MAX];
  int load_count = 0, warm_up = 0, option;
  const char *token = "";
  while ((option = getopt(count, arguments, "sf:t:w:p:")) != -1) {
    if (option == 's') spins = 1;
    else if (option == 'f') map_frames(optarg);
    else if (option == 't') token = optarg;
    else if (option == 'w') warm_up = atoi(optarg);
    else if (option == 'p') {
      for (char *at = strtok(optarg, ","); at != NULL && load_count < LOADS_MAX; at = strtok(NULL, ",")) {
        Load *load = &loads[load_count++];
        if (sscanf(at, "%lf:%d:%d", &load->rate, &load->rounds, &load->block) != 3) fail("bad load %s", at);
      }
    } else fail("bad option");
  }
  int per_target = warm_up;
  for (int i = 0; i < load_count; i++) per_target += loads[i].rounds * loads[i].block;
  if (frames == NULL || per_target > (int)header.count) fail("%d signals needed, %u in the file", per_target, header.count);
  for (; optind < count && target_count < TARGETS_MAX; optind++) open_target(&targets[target_count++], arguments[optind]);

  printf("ports");
  for (int i = 0; i < target_count; i++) printf(" %d", targets[i].order_port);
  printf("\n");
  fflush(stdout);
  /* The engines boot one after another, and each of them wants its venue at once. */
  for (struct pollfd input = {0, POLLIN, 0}; poll(&input, 1, 0) == 0;) serve_all(10);
  for (int i = 0; i < target_count; i++) {
    int port;
    if (scanf("%d", &port) != 1) fail("no port for %s", targets[i].name);
    targets[i].feed.fd = connect_websocket(port, targets[i].is_lane ? "/feed" : "/", token);
  }

  for (int i = 0; i < target_count; i++) {
    closed_loop(&targets[i], warm_up, BOOT_NS);
    if (targets[i].seen < warm_up) fail("%s: order %d of the warm-up never came", targets[i].name, targets[i].seen);
  }
  printf("warm\n");
  fflush(stdout);
  for (int i = 0; i < load_count; i++)
    for (int round = 0; round < loads[i].rounds; round++)
      for (int j = 0; j < target_count; j++) run_block(i, &loads[i], &targets[j]);
  for (int i = 0; i < target_count; i++)
    if (targets[i].refused > 0) printf("refused %d %d\n", i, targets[i].refused);
  printf("done\n");
  return 0;
}
