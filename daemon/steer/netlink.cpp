#include "steer/netlink.h"

#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

namespace weir::steer {

namespace {

// A dump that a concurrent change interrupted is asked again; a table that never stands still is read torn instead.
constexpr int kDumpTries = 4;

std::unexpected<Error> refused(int number) { return fail(Errc::system, {number, std::system_category()}); }

int on_valid(nl_msg* message, void* each) {
  (*static_cast<const Netlink::Each*>(each))(nlmsg_hdr(message));
  return NL_OK;
}

// libnl folds several errno into one of its own codes: the kernel's number is kept as it came.
int on_error(sockaddr_nl*, nlmsgerr* error, void* number) {
  *static_cast<int*>(number) = -error->error;
  return NL_STOP;
}

}  // namespace

void NlFree::operator()(nl_sock* socket) const { nl_socket_free(socket); }
void NlFree::operator()(nl_msg* message) const { nlmsg_free(message); }

Message request(int type, int flags, Bytes header) {
  Message message(nlmsg_alloc_simple(type, flags));
  if (message && nlmsg_append(message.get(), const_cast<std::byte*>(header.data()), header.size(), NLMSG_ALIGNTO) < 0)
    message.reset();
  return message;
}

bool is(const Error& error, int number) { return error.cause == std::error_code(number, std::system_category()); }

Result<Netlink> Netlink::open(int protocol) {
  Netlink netlink(nl_socket_alloc());
  if (!netlink.socket_) return refused(ENOMEM);
  if (nl_connect(netlink.socket_.get(), protocol) < 0) return fail_errno();
  return netlink;
}

Result<void> Netlink::ask(Message message, const Each& each) {
  if (!message) return refused(ENOMEM);
  nl_sock* socket = socket_.get();
  int number = 0;
  nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, on_valid, const_cast<Each*>(&each));
  nl_socket_modify_err_cb(socket, NL_CB_CUSTOM, on_error, &number);
  const bool dump = (nlmsg_hdr(message.get())->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
  int status = 0;
  for (int i = 0; i < (dump ? kDumpTries : 1); ++i) {
    nlmsg_hdr(message.get())->nlmsg_seq = NL_AUTO_SEQ;
    if (nl_send_auto(socket, message.get()) < 0) return fail_errno();
    status = dump ? nl_recvmsgs_default(socket) : nl_wait_for_ack(socket);
    if (status != -NLE_DUMP_INTR) break;
  }
  if (number != 0) return refused(number);
  if (status < 0 && status != -NLE_DUMP_INTR) return refused(EIO);
  return {};
}

}  // namespace weir::steer
