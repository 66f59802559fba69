package dev.retort.prompt;

import dev.retort.data.Message;
import java.time.Clock;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model's chat template, rendered as transformers' apply_chat_template renders it (jinja2 with trim_blocks and
 * lstrip_blocks). Templates come with models and are not trusted: the interpreter here knows strings, numbers, lists and
 * dicts only, reaches no Java class or method, and bounds the template's size, its work and what it writes.
 */
public final class ChatTemplate {

    /** The longest template that is read, in characters. */
    public static final int MOST_TEMPLATE_CHARACTERS = 262_144;

    private static final int MOST_ERROR_CHARACTERS = 300;
    private static final int MOST_LEVELS = 50;

    private final String owner;
    private final List<JinjaTree.Statement> statements;
    private final String bosToken;
    private final String eosToken;
    private final Clock clock;

    /** A template whose errors speak of "the model". */
    public ChatTemplate(String template, String bosToken, String eosToken) {
        this("the model", template, bosToken, eosToken);
    }

    /**
     * Parses a template.
     *
     * @param owner whose template it is, for errors: a model's name or folder
     * @param template Jinja, as in tokenizer_config.json
     * @param bosToken the text of the token that begins a sequence, or null where the tokenizer has none
     * @param eosToken the text of the token that ends a sequence, or null where the tokenizer has none
     * @throws ChatTemplateException where the template is not Jinja, or uses what no chat template needs
     */
    public ChatTemplate(String owner, String template, String bosToken, String eosToken) {
        this(owner, parse(owner, template), bosToken, eosToken, Clock.system(ZoneId.systemDefault()));
    }

    private ChatTemplate(
            String owner, List<JinjaTree.Statement> statements, String bosToken, String eosToken, Clock clock) {
        this.owner = owner;
        this.statements = statements;
        this.bosToken = bosToken;
        this.eosToken = eosToken;
        this.clock = clock;
    }

    /** The same template with another clock: some templates write today's date into the system turn. */
    public ChatTemplate withClock(Clock newClock) {
        return new ChatTemplate(owner, statements, bosToken, eosToken, newClock);
    }

    /**
     * The text of a conversation.
     *
     * @param messages the turns
     * @param addGenerationPrompt whether the text ends with what opens the assistant's next turn
     * @throws ChatTemplateException where the template refuses the messages or fails
     */
    public String render(List<Message> messages, boolean addGenerationPrompt) {
        return render(messages, addGenerationPrompt, Map.of());
    }

    /**
     * The text of a conversation, with further variables of the template such as enable_thinking.
     *
     * @param variables strings, numbers, booleans, nulls, and lists and string-keyed maps of them, by name
     * @throws ChatTemplateException where the template refuses the messages or fails
     */
    public String render(List<Message> messages, boolean addGenerationPrompt, Map<String, ?> variables) {
        Map<String, Object> visible = new LinkedHashMap<>();
        List<Object> turns = new ArrayList<>();
        for (Message message : messages) {
            Map<Object, Object> turn = new LinkedHashMap<>();
            turn.put("role", message.role());
            turn.put("content", message.content());
            turns.add(turn);
        }
        visible.put("messages", turns);
        visible.put("tools", null);
        visible.put("documents", null);
        visible.put("add_generation_prompt", addGenerationPrompt);
        if (bosToken != null) {
            visible.put("bos_token", bosToken);
        }
        if (eosToken != null) {
            visible.put("eos_token", eosToken);
        }
        variables.forEach((name, value) -> visible.put(name, plain(name, value, 0)));

        JinjaInterpreter interpreter = new JinjaInterpreter(visible, LocalDateTime.now(clock));
        try {
            return interpreter.render(statements);
        } catch (JinjaException e) {
            String where = e.raisedByTemplate()
                    ? ": the chat template refuses these messages: "
                    : ": the chat template fails at line " + interpreter.line() + ": ";
            throw new ChatTemplateException(owner + where + oneLine(e.getMessage()));
        } catch (StackOverflowError e) {
            throw new ChatTemplateException(owner + ": the chat template nests too deep");
        }
    }

    private static List<JinjaTree.Statement> parse(String owner, String template) {
        if (template.length() > MOST_TEMPLATE_CHARACTERS) {
            throw new ChatTemplateException(
                    owner + ": the chat template is longer than " + MOST_TEMPLATE_CHARACTERS + " characters");
        }
        try {
            return JinjaParser.parse(template);
        } catch (JinjaException e) {
            throw new ChatTemplateException(owner + ": the chat template cannot be read: " + oneLine(e.getMessage()));
        }
    }

    /** A copy in the interpreter's own kinds of value, so that nothing else can reach a template. */
    private Object plain(String name, Object value, int level) {
        if (level > MOST_LEVELS) {
            throw new ChatTemplateException(
                    owner + ": the variable " + name + " has more than " + MOST_LEVELS + " levels");
        }
        if (value == null || value instanceof String || value instanceof Boolean || value instanceof Long) {
            return value;
        }
        if (value instanceof Integer || value instanceof Short || value instanceof Byte) {
            return ((Number) value).longValue();
        }
        if (value instanceof Double || value instanceof Float) {
            return ((Number) value).doubleValue();
        }
        if (value instanceof List<?> list) {
            List<Object> copy = new ArrayList<>();
            list.forEach(item -> copy.add(plain(name, item, level + 1)));
            return copy;
        }
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> copy = new LinkedHashMap<>();
            map.forEach((key, item) -> copy.put(String.valueOf(key), plain(name, item, level + 1)));
            return copy;
        }
        throw new ChatTemplateException(owner + ": the variable " + name + " is a "
                + value.getClass().getSimpleName() + "; a template takes strings, numbers, booleans, lists and maps");
    }

    /** A template's own words, on one line and not too many. */
    private static String oneLine(String message) {
        StringBuilder line = new StringBuilder();
        message.codePoints()
                .limit(MOST_ERROR_CHARACTERS)
                .forEach(c -> line.appendCodePoint(Character.isISOControl(c) || c == 0x2028 || c == 0x2029 ? ' ' : c));
        return line.toString().strip();
    }
}
