// Sends one mail many times from many threads, and says how fast: the frame of the programs that are compared.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace pawl::bench {

struct MailLoop {
  std::string url;
  std::size_t connections = 0;
  long mails = 0;
  std::string bytes;  ///< A whole message, as it goes over the wire.
};

/// PROGRAM URL CONNECTIONS MAILS FILE; anything else ends the process.
inline MailLoop mail_loop(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: %s URL CONNECTIONS MAILS FILE\n", argv[0]);
    std::exit(2);
  }
  std::ifstream file(argv[4], std::ios::binary);
  MailLoop loop{argv[1], std::stoul(argv[2]), std::stol(argv[3]),
                std::string(std::istreambuf_iterator<char>(file), {})};
  if (loop.bytes.empty()) {
    std::fprintf(stderr, "%s: no mail in %s\n", argv[0], argv[4]);
    std::exit(2);
  }
  return loop;
}

/// Sends its next mail; false when the mail was not accepted. Belongs to one thread.
using Sender = std::function<bool()>;

/// Makes a sender in each thread, lets them share the mails, and prints mails a second; the process's exit code.
inline int run(const MailLoop& loop, std::size_t threads, const std::function<Sender()>& make_sender) {
  std::atomic<long> next = 0, accepted = 0;
  const auto work = [&] {
    const Sender send = make_sender();
    while (next++ < loop.mails && send()) ++accepted;
  };
  const auto started = std::chrono::steady_clock::now();
  std::vector<std::jthread> senders;
  for (std::size_t thread = 0; thread < threads; ++thread) senders.emplace_back(work);
  senders.clear();  // joins them
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  if (accepted != loop.mails) {
    std::fprintf(stderr, "%ld of %ld mails were accepted\n", accepted.load(), loop.mails);
    return 1;
  }
  std::printf("%.1f\n", static_cast<double>(loop.mails) / took.count());
  return 0;
}

}  // namespace pawl::bench
