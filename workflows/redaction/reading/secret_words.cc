// The vocabulary of error messages, and counts of letters.
#include "workflows/redaction/reading/secret_words.h"

#include <re2/re2.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <unordered_set>

#include "workflows/redaction/reading/expression.h"

namespace pawl::redaction {

namespace {

using std::string;
using std::string_view;

constexpr std::size_t kProseMax = 200;
constexpr std::size_t kRandomMin = 16;

// Words that follow a secret's name in an error message, names of algorithms, and words for what is not shown.
constexpr string_view kCommon =
    " a absent accept accepted access account acl acls active add added admin administrator after again against ago "
    "algorithm all allowed already also an and any api app application are argument array as assign assigned at "
    "attempt attempts audience auth authenticate authentication authorisation authorization authorized automatically "
    "available bad be because been before being below between blank blocked body both bound branch but by cache call "
    "callback called calls canceled canceling cancelled cannot cant certificate challenge change changed character "
    "characters chars check checked clashed cleartext client closed code column combination command commands common "
    "completed complexity configuration configured confirm confirmation conflict conflicts connect connected "
    "connection consent contact contain contains context control correct could couldnt count create created credential "
    "credentials current data date day days decode decoded decrypt decrypted decryption deleted denied deprecated "
    "detected did didnt differ different differs digit digits directory disabled disallowed do does doesnt domain done "
    "dont down due during each either email empty enable enabled encoded encoding encrypted encryption end ended "
    "endpoint enough ensure enter entered entries entry environment equal equals error every exactly exceed exceeded "
    "exceeds exchange exist existing exists expected expiration expire expired expires expiry extension extra fail "
    "failed failing failure false feature fetch few field fields file filtered followed for forbidden force format "
    "found from generate get gets given got grant granted greater group has hash hashed have header headers helpdesk "
    "here hidden history hit hour hours identical ignored ignoring immediately in inactive include included "
    "incomplete incorrect information informs initiating instead insufficient int integer internal into invalid is "
    "issue issued issuer it iterations its key keyring keystore kind last least left length less let letters limit "
    "limited line list listed listing load loaded locked login logon long longer look lookup lookups lost lower "
    "lowercase malformed managed many mask masked match matched matches max maximum may mechanism mechanisms meet "
    "meets member message messages method min minimum minutes mismatch mismatched miss missing mode month months "
    "more most must na name names need needed needs negotiated negotiation never new next nil no none nonempty not "
    "null number numeric object obtain occurred of off ok old omitted on once one only operation option optional "
    "options or organisation organization original other our out outdated owner parameter parse parsed part passed "
    "password path payload pending period permission permissions permitted plan please policy present presented "
    "previous prohibited prompt prompted property protected protocol provide provided provider purpose quota rate "
    "reach reachable reached read realm reason receive received recent recently recognised recognized reconnect "
    "record redacted refresh refreshed refused regenerate regenerated region registered reissue reissued reject "
    "rejected release remain remaining removed removing renew replaced request requests require required requires "
    "reset resolved resource responding response restricted result retrieved retry retrying retype reuse reused "
    "revoked role rotate rotated rotation route rule rules same satisfy save saved scope scopes scrubbed second "
    "seconds secret section see send sending sensitive sent server service session set several short should sign "
    "signature signed signing similar simple single size some sorry source spawned special specified specify stale "
    "start started state status still stored string strong stronger structure subject submit submitted success "
    "successful such supplied supply supplying support supported suspended symbol symbols target task temporary "
    "tenant text than that the their them then there they this three time timed times to token too traps tries true "
    "try twice two type unable unauthorised unauthorized unavailable undefined under unencrypted unexpected unique "
    "unknown unless unlock unlocked unreachable unrecognised unrecognized unset unsigned unsupported until up update "
    "updated uppercase usage use used user username uses using valid validate validation value values vault "
    "verification verified verify version via waiting warning was wasnt weak were when whether which while will with "
    "within without work would wrong year years yes you your zero aes aes128 aes256 apikey basic bcrypt bearer "
    "digest ecdsa ed25519 es256 hmac hmacsha256 hmacsha1 hs256 hs512 jwt md5 mfa ntlm oauth oauth1 oauth2 oidc rs256 "
    "rsa rsasha256 saml sha sha1 sha256 sha384 sha512 sso tls ";
// The same in the languages whose names of secrets are known, without accents.
constexpr string_view kCommonElsewhere =
    " abgelaufen abgelehnt bitte darf das der die ein eine erforderlich erneuern fehlend fehlerhaft fehlgeschlagen "
    "fehlt "
    "falsch geandert gefunden gesperrt gultig ist kein keine konnte lang leer muss nicht oder pflichtfeld sein stimmt "
    "ubereinstimmt unbekannt und ungultig verweigert vorhanden war werden wird wurde zuruckgesetzt zuruckgezogen "
    "bloqueada bloqueado caducada caducado cambiada cambiado con desconocida desconocido de debe el encontrada "
    "encontrado erronea erroneo esta expirada expirado falta ha incorrecta incorrecto invalida invalido la las los "
    "obligatoria obligatorio olvidada rechazada requerida requerido revocada revocado ser sido sin vacia vacio valida "
    "valido vencida vencido "
    "a bloque bloquee echoue est et errone erronee expire expiree inconnu inconnue incorrecte introuvable invalide "
    "le les manquant manquante mauvais mauvaise modifie non obligatoire ou oublie oubliee pas refuse refusee requis "
    "requise vide "
    "fout geblokkeerd geldig geweigerd gevonden gewijzigd het kort leeg niet of onbekend ongeldig onjuist ontbreekt "
    "te verkeerd verlopen vereist werd wordt "
    "bloccata corretta corretto e errata errato mancante necessaria obbligatoria richiesta sbagliata scaduta scaduto "
    "trovata vuota "
    "ausente em errada esta incorreta incorreto nao obrigatoria obrigatorio vazia "
    "bledne bledny brak jest nieprawidlowe nieprawidlowy wygaslo wymagane "
    "ar fel felaktig felaktigt ogiltig ogiltigt saknas utgangen utganget "
    "er feil forkert mangler ugyldig ugyldigt udlobet utlopt "
    "chybi neplatne spatne vanhentunut vaara virheellinen vyprselo puuttuu hatali gecersiz ";

const std::unordered_set<string_view>& common_words() {
  static const auto words = [] {
    std::unordered_set<string_view> split;
    for (string_view rest : {kCommon.substr(1), kCommonElsewhere.substr(1)})
      for (; !rest.empty();) {
        const std::size_t end = rest.find(' ');
        split.insert(rest.substr(0, end));
        rest.remove_prefix(end + 1);
      }
    return split;
  }();
  return words;
}

constexpr bool is_vowel(char c) { return string_view("aeiouyAEIOUY").find(c) != string_view::npos; }

// A word without its punctuation and hyphens, in lower case.
string bare(string_view word) {
  string text;
  for (const char c : word)
    if (is_alphanumeric(c)) text += text::to_lower(c);
  return text;
}

// Dates, percentages and short numbers, and Windows' security identifiers.
bool is_figure(string_view word) {
  if (word.starts_with("S-1-")) return true;
  const auto digits = std::count_if(word.begin(), word.end(), is_digit);
  const auto letters = std::count_if(word.begin(), word.end(), is_letter);
  return letters == 0 &&
         (digits <= 2 || std::any_of(word.begin(), word.end(), [](char c) { return c == '-' || c == '.'; }));
}

// What people write for a secret that they do not show.
bool is_mask(string_view word) {
  return (word.size() == 3 || word.size() == 4) && word.find_first_not_of('x') == string_view::npos;
}

// `rents.csv`, `id_rsa.pub`
bool is_file_name(string_view word) {
  static const RE2 file(
      "(?i)^[\\w-]+\\.(?:csv|txt|xml|json|ya?ml|toml|ini|conf|cfg|log|zip|7z|rar|gz|tgz|tar|pdf|docx?|xlsx?|pem|crt|"
      "cer|key|pfx|p12|jks|pub|db|sql|php|py|rb|js|ts|java|cs|go|sh|exe|dll|html?)[.,;:)]*$");
  return word.find('.') != string_view::npos && matches(word, file);
}

// What stands for a secret that is put in later or was taken out: `${DB_PASSWORD}`, `{{ token }}`, `%s`, `********`.
bool is_stand_in(string_view text) {
  static const RE2 stand_in(
      "(?i)^(?:\\$\\{[\\w.:-]*\\}|\\$\\(\\w+\\)|(?-i:\\$[A-Z_][A-Z0-9_]*)|(?-i:%[A-Z_]+%)|\\{\\{ ?[\\w.-]+ "
      "?\\}\\}|<[a-z _-]+>|"
      "\\{\\w*(?:password|secret|token|key)\\w*\\}|\\[(?:filtered|hidden|masked|removed|scrubbed|omitted|sensitive|"
      "protected)\\]|"
      "(?:[a-z]+\\.)+[a-z_]*(?:password|passwd|pwd|secret|token|key)|(?:0x)?%[0-9.*-]*[hlzjt]*[a-z]|:[a-z_]{2,}|\\*+|#{"
      "3,}|\\.{3,}|(?:"
      "\xE2\x80\xA2)+)[.,;:)]*$");
  return matches(text, stand_in);
}

// `ssh-ed25519`, `rsa-sha2-512-cert-v01@openssh.com`, `TLS_AES_128_GCM_SHA256`: what two sides agree on, aloud.
bool is_algorithm(string_view word) {
  static const RE2 algorithm(
      "^(?:(?:ssh-(?:rsa|dss|dsa|ed25519|ed448)|(?:sk-)?ecdsa-sha2-nistp\\d+|rsa-sha2-(?:256|512)|"
      "sk-ssh-ed25519)(?:-cert-v\\d+)?|(?:curve25519|ecdh|sntrup761x25519|diffie-hellman)-[a-z0-9-]{1,40}|(?:hmac|"
      "umac|aes|camellia|chacha20|3des)-?[a-z0-9-]{2,30}|(?:TLS|SSL)_[A-Z0-9_]+|ECDHE?-[A-Z0-9-]+|"
      "HTTP/\\d(?:\\.\\d)?|(?:ed25519|ed448|x25519|secp\\d+[kr]1|prime256v1|nistp\\d+|"
      "P-\\d{3}))(?:@[a-z.]+)?[.,;:)]*$");
  return word.size() >= 5 && RE2::FullMatch({word.data(), word.size()}, algorithm);
}

// `algorithm-type`, `non-empty`
bool is_prose_compound(string_view word) {
  while (!word.empty()) {
    const std::size_t end = std::min(word.find('-'), word.size());
    if (end == 0 || !common_words().contains(bare(word.substr(0, end)))) return false;
    word.remove_prefix(std::min(end + 1, word.size()));
  }
  return true;
}

bool is_prose_word(string_view word) {
  if (word.find_first_of("-_/") != string_view::npos && is_algorithm(word)) return true;
  if (word.size() <= 2 && std::none_of(word.begin(), word.end(), is_alphanumeric)) return true;
  // A sign inside a word is none of prose's: `required-9x` is a secret that begins so.
  const auto odd = [](char c) { return string_view("_$@#%^&*+=/\\~").find(c) != string_view::npos || (c & 0x80) != 0; };
  if (std::any_of(word.begin(), word.end(), odd)) return false;
  const string letters = bare(word);
  return is_figure(word) || is_file_name(word) || is_mask(letters) || common_words().contains(letters) ||
         (word.find('-') != string_view::npos && is_prose_compound(word));
}

enum class Class { kUpper, kLower, kDigit };
Class class_of(char c) { return is_upper(c) ? Class::kUpper : is_lower(c) ? Class::kLower : Class::kDigit; }

// How many pieces camel case cuts a word into: `ApiKey2` has three, of random letters two make a piece at most.
std::size_t pieces(string_view word) {
  std::size_t count = word.empty() ? 0 : 1;
  for (std::size_t at = 1; at < word.size(); ++at) {
    const Class before = class_of(word[at - 1]);
    const Class now = class_of(word[at]);
    if (before == now) continue;
    const bool capital_of_word =
        before == Class::kUpper && now == Class::kLower && (at < 2 || class_of(word[at - 2]) != Class::kUpper);
    count += capital_of_word ? 0 : 1;
  }
  return count;
}

}  // namespace

bool is_prose(string_view text) {
  if (text.size() > kProseMax) return false;
  if (text.find_first_of("$%{<[.:*#\xE2") != string_view::npos && is_stand_in(text)) return true;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
    if (end > 0 && !is_prose_word(text.substr(0, end))) return false;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

bool is_sentence(string_view text) {
  if (text.size() > kProseMax) return false;
  std::size_t words = 0;
  std::size_t prose = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
    const string_view word = text.substr(0, end);
    if (looks_chosen(word) || looks_secret(word)) return false;
    words += word.empty() ? 0 : 1;
    prose += !word.empty() && is_prose_word(word) ? 1 : 0;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words >= 4 && 2 * prose >= words;
}

bool has_letters_and_digits(string_view text, std::size_t length) {
  return text.size() >= length && std::any_of(text.begin(), text.end(), is_letter) &&
         std::any_of(text.begin(), text.end(), is_digit);
}

bool looks_random(string_view word) {
  std::size_t classes[3] = {};
  string letters;
  for (const char c : word) {
    if (!is_alphanumeric(c)) continue;
    letters += c;
    ++classes[static_cast<std::size_t>(class_of(c))];
  }
  if (letters.size() < kRandomMin || std::find(std::begin(classes), std::end(classes), 0u) != std::end(classes))
    return false;
  return 5 * letters.size() < 13 * pieces(letters);  // less than 2.6 characters a piece
}

bool is_unspeakable(string_view word) {
  if (word.size() < 8 || !std::all_of(word.begin(), word.end(), is_letter)) return false;
  std::size_t vowels = 0;
  std::size_t run = 0;
  std::size_t longest = 0;
  for (const char c : word) {
    vowels += is_vowel(c) ? 1 : 0;
    run = is_vowel(c) ? 0 : run + 1;
    longest = std::max(longest, run);
  }
  return longest >= 7 || (longest >= 5 && vowels * 5 < word.size());
}

bool looks_secret(string_view word) {
  return has_letters_and_digits(word, 8) || looks_random(word) || is_unspeakable(word);
}

bool looks_chosen(string_view word) {
  while (!word.empty() && string_view(".,;:!?)").find(word.back()) != string_view::npos) word.remove_suffix(1);
  if (word.size() < 6 || word.find_first_of("/.()<>\\") != string_view::npos) return false;
  return std::any_of(word.begin(), word.end(), is_letter) && std::any_of(word.begin(), word.end(), [](char c) {
           return is_digit(c) || string_view("!@#$%^*+").find(c) != string_view::npos;
         });
}

bool looks_like_a_name(string_view text) {
  if (text.find_first_of("-_./") == string_view::npos) return false;
  return std::all_of(
             text.begin(), text.end(),
             [](char c) { return is_lower(c) || is_digit(c) || c == '-' || c == '_' || c == '.' || c == '/'; }) &&
         pieces(bare(text)) <= 3;
}

}  // namespace pawl::redaction
