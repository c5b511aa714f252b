#include "server/ctl/command_line.hpp"
#include "server/ctl/explain_code.hpp"

namespace sallyport {

void add_denials_commands(Command app, Ctl& ctl) {
  const auto noun = app.add_noun("denials", "Connections that the policy refused");
  const auto options = std::make_shared<ExplainCodeOptions>();
  const auto verb = add_verb<ExplainCodeOptions>(noun, ctl, "show", "The same as: sallyportctl explain-code CODE",
                                                 "  sallyportctl denials show K7Q2-9XPD", options, explain_code);
  verb.add_option("CODE", options->code, "As the employee reads it").required();
}

}  // namespace sallyport
