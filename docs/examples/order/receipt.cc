// The words of the receipt. Whatever the order says is cleaned and encoded by the mail itself.
#include "receipt.h"

namespace shop {

namespace {

std::string in_euros(int cents) {
  const std::string rest = std::to_string(cents % 100);
  return std::to_string(cents / 100) + (rest.size() < 2 ? ".0" : ".") + rest + " EUR";
}

}  // namespace

void Receipt::draft(pawl::mail::Message& message, const std::string&) const {
  std::string text = "Thank you. We have charged " + in_euros(charge_.cents) + " (" + charge_.id + ") for\n\n";
  for (const Line& line : order_.lines) text += std::to_string(line.quantity) + " x " + line.sku + "\n";
  message.subject = "Your order " + order_.number;
  message.text = pawl::mail::encode(text);
  message.extra_fields = pawl::mail::automatic_fields();
}

}  // namespace shop
