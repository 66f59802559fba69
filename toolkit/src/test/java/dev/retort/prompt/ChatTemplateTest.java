package dev.retort.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.data.Message;
import dev.retort.data.Rows;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChatTemplateTest {

    private static final Clock TIME = Clock.fixed(Instant.parse("2025-03-04T15:06:07Z"), ZoneOffset.UTC);
    private static final List<Message> CONVERSATION = List.of(
            Message.system("Be brief. "),
            Message.user(" Hi <b>\"you\"</b> 😀\n"),
            Message.assistant("Hello"),
            Message.user("Bye"));

    /** Made by src/test/python/jinja_golden.py. */
    @Test
    void rendersEveryPointOfTheLanguageAsTransformersDoes() throws IOException {
        List<String> different = new ArrayList<>();
        int rows = 0;
        for (JsonNode row : rows("/prompt/jinja.jsonl")) {
            String expected =
                    row.get("text").isNull() ? "an error" : row.get("text").textValue();
            Map<String, Object> variables = Rows.mapper().convertValue(row.get("variables"), new TypeReference<>() {});
            String ours;
            try {
                ours = new ChatTemplate(row.get("template").textValue(), "<s>", "</s>")
                        .withClock(TIME)
                        .render(CONVERSATION, true, variables);
            } catch (ChatTemplateException e) {
                ours = "an error";
            }
            rows++;
            if (!ours.equals(expected)) {
                different.add(row.get("template") + ": " + ours + " instead of " + expected);
            }
        }
        assertThat(different).isEmpty();
        assertThat(rows).isEqualTo(255);
    }

    /** Made by src/test/python/make_models.py. */
    @ParameterizedTest
    @ValueSource(
            strings = {"chatml", "llama-2", "llama-3", "mistral-instruct", "qwen2", "qwen2.5", "smollm2", "zephyr"})
    void rendersPublicTemplatesAsTransformersDoes(String name) throws IOException {
        String template = text("/models/chat-templates/" + name + ".jinja");
        List<JsonNode> rows = rows("/models/chat-templates/" + name + ".jsonl");
        assertThat(rows).isNotEmpty();
        for (JsonNode row : rows) {
            ChatTemplate ours = new ChatTemplate(
                    name,
                    template,
                    row.path("bos_token").textValue(),
                    row.path("eos_token").textValue());
            List<Message> messages = Rows.mapper().convertValue(row.get("messages"), new TypeReference<>() {});
            boolean prompt = row.get("add_generation_prompt").booleanValue();
            if (row.has("text")) {
                assertThat(ours.render(messages, prompt))
                        .isEqualTo(row.get("text").textValue());
            } else {
                assertThatThrownBy(() -> ours.render(messages, prompt))
                        .isInstanceOf(ChatTemplateException.class)
                        .hasMessage(name + ": the chat template refuses these messages: "
                                + row.get("error").textValue());
            }
        }
    }

    @Test
    void reachesNoJavaClassOrMethod() {
        List<String> attempts = List.of(
                "messages.getClass()",
                "''.getClass()",
                "''.getClass().forName('java.lang.Runtime')",
                "''.getBytes()",
                "'x'.repeat(3)",
                "messages.stream()",
                "messages[0].hashCode()",
                "messages[0].entrySet()",
                "''['getClass']()",
                "(1).longValue()",
                "namespace.values()",
                "range.getDeclaringClass()",
                "''.class.forName('x')",
                "messages | map('getClass') | list",
                "messages | map(attribute='class.name') | list",
                "messages is instanceof('x')");
        for (String attempt : attempts) {
            ChatTemplate template = new ChatTemplate("{{ " + attempt + " }}", null, null);
            assertThatThrownBy(() -> template.render(CONVERSATION, true))
                    .as(attempt)
                    .isInstanceOf(ChatTemplateException.class);
        }
        for (String nothing :
                List.of("''.class", "messages.class", "messages.getClass", "____int3rpr3t3r____", "x.y")) {
            String rendered =
                    new ChatTemplate("{% set x = {} %}{{ " + nothing + " }}", null, null).render(CONVERSATION, true);
            assertThat(rendered).as(nothing).isEmpty();
        }
    }

    /** Each would take hours or all memory if nothing stopped it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
                "{% set ns = namespace(x='aaaaaaaa') %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor"
                        + " %}",
                "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{"
                        + " ns.x }}",
                "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}"
                        + "{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
                "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}"
                        + "{{ ns.x | tojson }}",
                "{% set ns = namespace(x=[1]) %}{% for i in range(99999) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x"
                        + " }}",
                "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
                "{{ 'a' * 1000000000000 }}",
                "{{ '' * 9000000000000000000 ~ 'ab' * 4611686018427387905 }}",
                "{{ [1] * 1000000000000 }}",
                "{{ 9 ** 999999999999 }}",
                "{{ 'a' | indent(999999999999) }}",
                "{{ [1] | tojson(indent=999999999999) }}",
                "{{ ('a' * 7000000).replace('a', 'b' * 7000000) }}",
                "{{ ('a' * 7000000).replace('', 'bb') }}",
                "{% set a = 'a' * 4000000 %}{{ (a + 'b') in a * 2 }}",
                "{{ ('a' * 7000000) | list }}",
                "{{ ('a' * 7000000).split('a') }}",
                "{% set a = 'a' * 7000000 %}{% for i in range(100000) %}{% set b = a.strip('b') %}{% endfor %}",
                "{% set a = 'a' * 7000000 %}{% for i in range(100000) %}{{ a.startswith('b') ~ a.upper() | length }}"
                        + "{% endfor %}",
                "{% for i in range(100000) %}{{ 'a' * 1000 }}{% endfor %}",
                "{% macro f(n) %}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}",
                "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(45) }}",
                "{{ range(100000) | map('string') | join('x' * 1000) }}",
                "{{ range(100000) | unique | list }}"
            })
    void endsWhateverTheTemplateDoes(String hostile) {
        ChatTemplate template = new ChatTemplate("evil/model", hostile, null, null);
        ChatTemplateException error = Assertions.assertTimeout(
                Duration.ofSeconds(20),
                () -> catchThrowableOfType(ChatTemplateException.class, () -> template.render(CONVERSATION, true)));
        assertThat(error).hasMessageStartingWith("evil/model: the chat template fails at line 1: ");
    }

    @Test
    void boundsTheTemplateAndItsNesting() throws InterruptedException {
        assertThatThrownBy(() -> new ChatTemplate("m", "x".repeat(262_145), null, null))
                .hasMessage("m: the chat template is longer than 262144 characters");
        assertThatThrownBy(() -> new ChatTemplate("m", "{{ " + "(".repeat(100_000), null, null))
                .hasMessage("m: the chat template cannot be read: line 1: a tag is not closed by }}");
        assertThatThrownBy(() -> new ChatTemplate("m", "{{ " + "[".repeat(9000) + "]".repeat(9000) + " }}", null, null))
                .hasMessage("m: the chat template cannot be read: line 1: more than 100 levels inside one another");
        assertThatThrownBy(() -> new ChatTemplate("m", "{{ " + "not ".repeat(60_000) + "x }}", null, null))
                .hasMessage("m: the chat template cannot be read: line 1: more than 100 levels inside one another");
        assertThatThrownBy(() -> new ChatTemplate("m", "{{ " + "-".repeat(60_000) + "1 }}", null, null))
                .hasMessage("m: the chat template cannot be read: line 1: more than 100 levels inside one another");
        assertThatThrownBy(() -> new ChatTemplate("m", "{% if 1 %}".repeat(10_000), null, null))
                .hasMessage("m: the chat template cannot be read: line 1: more than 100 levels inside one another");
        // A chain that leans to the left takes no stack to read, but as much as it is long to run.
        ChatTemplate chain = new ChatTemplate("m", "{{ 1" + "+1".repeat(120_000) + " }}", null, null);
        AtomicReference<Throwable> error = new AtomicReference<>();
        Thread small = new Thread(null, () -> chain.render(CONVERSATION, true), "a stack of 512 KiB", 512 * 1024);
        small.setUncaughtExceptionHandler((thread, e) -> error.set(e));
        small.start();
        small.join();
        assertThat(error.get()).hasMessage("m: the chat template nests too deep");
    }

    @Test
    void errorsAreOneLineThatNamesOwnerAndLine() {
        ChatTemplate template =
                new ChatTemplate("org/model", "a\n{% if true %}\n{{ messages.x.y }}\n{% endif %}", "", "");
        assertThatThrownBy(() -> template.render(CONVERSATION, true))
                .hasMessage("org/model: the chat template fails at line 3: 'list object' has no attribute 'x'");
        ChatTemplate refusing =
                new ChatTemplate("org/model", "{{ raise_exception('no\n\u001b[31mred' ~ 'x' * 1000) }}", "", "");
        assertThatThrownBy(() -> refusing.render(CONVERSATION, true))
                .hasMessageStartingWith("org/model: the chat template refuses these messages: no  [31mredxxx")
                .hasMessageMatching(".{300,400}");
        assertThatThrownBy(() -> new ChatTemplate("x\n{% nothing %}", "", ""))
                .hasMessage("the model: the chat template cannot be read: line 2: the tag nothing is not supported in a"
                        + " chat template");
    }

    @Test
    void tokensThatTheTokenizerLacksAreUndefined() {
        String template = "{{ bos_token is defined }}{{ eos_token is defined }}{{ bos_token }}";
        assertThat(new ChatTemplate(template, null, "</s>").render(CONVERSATION, true))
                .isEqualTo("FalseTrue");
        assertThat(new ChatTemplate(template, "<s>", null).render(CONVERSATION, true))
                .isEqualTo("TrueFalse<s>");
    }

    @Test
    void variablesAreCopiedAsPlainValues() {
        ChatTemplate template = new ChatTemplate("{{ a }} {{ b.c[0] }} {{ d }} {{ e }}", null, null);
        Map<String, ?> variables = Map.of("a", 1, "b", Map.of("c", List.of("x")), "d", 0.5f, "e", true);
        assertThat(template.render(CONVERSATION, false, variables)).isEqualTo("1 x 0.5 True");
        assertThatThrownBy(() -> template.render(CONVERSATION, false, Map.of("a", new StringBuilder())))
                .hasMessage("the model: the variable a is a StringBuilder; a template takes strings, numbers, booleans,"
                        + " lists and maps");
    }

    @Test
    void rendersTheSameTwice() {
        ChatTemplate template = new ChatTemplate(
                "{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.n }}",
                null, null);
        assertThat(template.render(CONVERSATION, true)).isEqualTo("4");
        assertThat(template.render(CONVERSATION, true)).isEqualTo("4");
    }

    @Test
    void longConversationsAreWithinTheBounds() {
        String chatml =
                "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] | trim"
                        + " + '<|im_end|>' + '\n'}}{% endfor %}";
        List<Message> messages = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            messages.add(Message.user("word ".repeat(200)));
        }
        assertThat(new ChatTemplate(chatml, null, null).render(messages, true))
                .hasSize(1000 * ("<|im_start|>user\n<|im_end|>\n".length() + 999));
    }

    private static List<JsonNode> rows(String resource) throws IOException {
        List<JsonNode> rows = new ArrayList<>();
        for (String line : text(resource).lines().toList()) {
            rows.add(Rows.mapper().readTree(line));
        }
        return rows;
    }

    private static String text(String resource) throws IOException {
        try (InputStream stream = ChatTemplateTest.class.getResourceAsStream(resource)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
