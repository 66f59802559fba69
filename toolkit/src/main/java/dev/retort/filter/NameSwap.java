package dev.retort.filter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.retort.data.CoinTurn;
import dev.retort.data.Message;
import dev.retort.data.Question;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** {@link Perturbation#NAME_SWAP}. */
final class NameSwap {

    private static final Perturbation KIND = Perturbation.NAME_SWAP;
    private static final Pattern WORD = Pattern.compile("\\p{L}++");
    private static final Pattern ACTOR = Pattern.compile("\\p{L}[\\p{L}'\u2019-]*+(?: \\p{L}[\\p{L}'\u2019-]*+){0,2}+");
    private static final Pattern PRONOUN = Pattern.compile(
            "\\b(?:he|she|it|they|we|i|you|someone|somebody|everyone|everybody|anyone|anybody|nobody|none|no|one)\\b",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern QUOTED = Pattern.compile("\"[^\"]*+\"|\u201c[^\u201c\u201d]*+\u201d");
    private static final String TITLES =
            "Emperor|Empress|King|Lake|Lord|Mount|Pope|President|Prince|Princess|Queen|Saint|Sir|St";
    private static final Pattern SPELLING = Pattern.compile(
            "\\b(?:letters?|spell\\w*|alphabet\\w*|syllables?|rhym\\w+"
                    + "|initials?|vowels?|consonants?|anagrams?|palindromes?|characters)\\b",
            Pattern.CASE_INSENSITIVE);

    private NameSwap() {}

    static Perturbed of(Question question, int count, long seed) {
        String text = question.text();
        List<CoinTurn> turns = CoinTurn.in(text);
        Map<String, FirstNames.Kind> names = turns.isEmpty() ? listed(text) : actors(text, turns);
        if (names.isEmpty()) {
            return new Perturbed.NotApplied("no-names");
        }
        if (names.size() > FirstNames.ALL.size() / 2) {
            return new Perturbed.NotApplied("too-many-names");
        }
        String shown = question.messages().stream().map(Message::content).collect(Collectors.joining("\n\n"));
        Pattern anyCase = pattern(names.keySet(), Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);
        if (QUOTED.matcher(shown).results().anyMatch(quoted -> anyCase.matcher(quoted.group())
                .find())) {
            return new Perturbed.NotApplied("names-in-quotes");
        }
        if (anyCase.matcher(shown).results().anyMatch(match -> !names.containsKey(match.group()))) {
            return new Perturbed.NotApplied("names-also-words");
        }
        if (turns.isEmpty()) {
            if (SPELLING.matcher(shown).find()) {
                return new Perturbed.NotApplied("asks-for-spelling");
            }
            String any = alternatives(names.keySet());
            Pattern full = Pattern.compile(
                    "(?:" + any + ") ++\\p{Lu}\\p{L}++|\\b(?:" + TITLES + ")\\.?+\\s++(?:" + any + ")(?!\\p{L})");
            if (full.matcher(shown).find()) {
                return new Perturbed.NotApplied("full-names");
            }
        }
        return variants(question, names, count, seed);
    }

    private static Map<String, FirstNames.Kind> actors(String text, List<CoinTurn> turns) {
        Map<String, FirstNames.Kind> names = new LinkedHashMap<>();
        for (CoinTurn turn : turns) {
            String name = turn.name(text);
            if (!ACTOR.matcher(name).matches() || PRONOUN.matcher(name).find()) {
                return Map.of();
            }
            names.put(name, FirstNames.ALL.getOrDefault(name, FirstNames.Kind.ANY));
        }
        return names;
    }

    private static Map<String, FirstNames.Kind> listed(String text) {
        Map<String, FirstNames.Kind> names = new LinkedHashMap<>();
        Matcher word = WORD.matcher(text);
        while (word.find()) {
            FirstNames.Kind kind = FirstNames.ALL.get(word.group());
            if (kind != null) {
                names.put(word.group(), kind);
            }
        }
        return names;
    }

    private static Perturbed variants(Question question, Map<String, FirstNames.Kind> names, int count, long seed) {
        Set<String> taken = new HashSet<>();
        question.messages().forEach(message -> addWords(message.content(), taken));
        question.extra().values().forEach(value -> addWords(value, taken));
        Map<FirstNames.Kind, List<String>> free = new TreeMap<>();
        int possible = count;
        for (FirstNames.Kind kind : new LinkedHashSet<>(names.values())) {
            List<String> pool = FirstNames.of(kind).stream()
                    .filter(name -> !taken.contains(name.toLowerCase(Locale.ROOT)))
                    .toList();
            free.put(kind, pool);
            // One name alone can be replaced in so many ways; more names in more.
            possible = Math.min(possible, pool.size());
        }
        List<Question> variants = new ArrayList<>();
        Set<Map<String, String>> used = new HashSet<>();
        for (int number = 1; number <= possible; number++) {
            SplittableRandom random = KIND.random(seed, question, number);
            Map<String, String> swap = draw(names, free, random);
            while (!swap.isEmpty() && !used.add(swap)) {
                swap = draw(names, free, random);
            }
            if (swap.isEmpty()) {
                return new Perturbed.NotApplied("too-many-names");
            }
            variants.add(variant(question, number, swap));
        }
        return variants.isEmpty() ? new Perturbed.NotApplied("too-many-names") : new Perturbed.Variants(variants);
    }

    /** A new name for each; empty where there are too few. */
    private static Map<String, String> draw(
            Map<String, FirstNames.Kind> names, Map<FirstNames.Kind, List<String>> free, SplittableRandom random) {
        Map<String, String> swap = new LinkedHashMap<>();
        Set<String> used = new HashSet<>();
        for (Map.Entry<String, FirstNames.Kind> name : names.entrySet()) {
            List<String> left = free.get(name.getValue()).stream()
                    .filter(candidate -> !used.contains(candidate))
                    .toList();
            if (left.isEmpty()) {
                return Map.of();
            }
            String drawn = left.get(random.nextInt(left.size()));
            used.add(drawn);
            boolean lower = name.getKey().equals(name.getKey().toLowerCase(Locale.ROOT));
            swap.put(name.getKey(), lower ? drawn.toLowerCase(Locale.ROOT) : drawn);
        }
        return swap;
    }

    private static void addWords(String text, Set<String> words) {
        WORD.matcher(text).results().forEach(word -> words.add(word.group().toLowerCase(Locale.ROOT)));
    }

    private static void addWords(JsonNode value, Set<String> words) {
        if (value.isTextual()) {
            addWords(value.textValue(), words);
        }
        value.forEach(item -> addWords(item, words));
    }

    private static Question variant(Question question, int number, Map<String, String> swap) {
        List<Message> messages = question.messages().stream()
                .map(message -> new Message(message.role(), replaced(message.content(), swap)))
                .toList();
        Map<String, JsonNode> extra = new LinkedHashMap<>();
        question.extra().forEach((field, value) -> extra.put(field, replaced(value, swap)));
        String reference = question.reference() == null ? null : replaced(question.reference(), swap);
        Map<String, String> back = new LinkedHashMap<>();
        swap.forEach((name, other) -> back.put(other, name));
        return KIND.variant(question, number, messages, reference, back, extra);
    }

    /** The answer with the original's names, whatever the case in which it gives the variant's. */
    static String originalAnswer(Map<String, String> map, String answer) {
        if (map.isEmpty()) {
            return answer;
        }
        Map<String, String> byLower = new LinkedHashMap<>();
        map.forEach((other, name) -> byLower.put(other.toLowerCase(Locale.ROOT), name));
        return pattern(map.keySet(), Pattern.CASE_INSENSITIVE)
                .matcher(answer)
                .replaceAll(match ->
                        Matcher.quoteReplacement(byLower.get(match.group().toLowerCase(Locale.ROOT))));
    }

    /** The text with every name of the map replaced. */
    private static String replaced(String text, Map<String, String> map) {
        return pattern(map.keySet(), 0)
                .matcher(text)
                .replaceAll(match -> Matcher.quoteReplacement(map.get(match.group())));
    }

    private static JsonNode replaced(JsonNode value, Map<String, String> map) {
        if (value.isTextual()) {
            return TextNode.valueOf(replaced(value.textValue(), map));
        }
        if (value.isArray()) {
            ArrayNode array = JsonNodeFactory.instance.arrayNode();
            value.forEach(item -> array.add(replaced(item, map)));
            return array;
        }
        if (value.isObject()) {
            ObjectNode object = JsonNodeFactory.instance.objectNode();
            value.fields().forEachRemaining(field -> object.set(field.getKey(), replaced(field.getValue(), map)));
            return object;
        }
        return value;
    }

    private static Pattern pattern(Set<String> names, int flags) {
        return Pattern.compile("(?<![\\p{L}\\p{N}])(?:" + alternatives(names) + ")(?![\\p{L}\\p{N}])", flags);
    }

    /** The longest first, so that a name within another is not taken for it. */
    private static String alternatives(Set<String> names) {
        return names.stream()
                .sorted(Comparator.comparingInt(String::length).reversed().thenComparing(Comparator.naturalOrder()))
                .map(Pattern::quote)
                .collect(Collectors.joining("|"));
    }
}
