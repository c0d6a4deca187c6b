"""What may not reach out to other hosts, however it is written."""

from __future__ import annotations

import contextlib
import time

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from store.errors import QueryRefusedError
from store.outside_calls import refuse_outside_calls, refuse_service
from store.update_text import replacement

ELSEWHERE = "<http://elsewhere.example/>"
QUOTATION_MARKS = [
    "\\u0022",
    "\\U00000022",
    "\\u00000022",
    "\\U0022",
    "\\\\\\u0022",
    "\\\\\\u00000022",
]
"""What ends a string for some server that replaces escapes before it looks at strings."""

REACHING_OUT = [
    f"SELECT * {{ SERVICE {ELSEWHERE} {{ ?s ?p ?o }} }}",
    f"select * {{ service silent {ELSEWHERE} {{ ?s ?p ?o }} }}",
    f"SELECT * {{ SERVICE{ELSEWHERE}{{ ?s ?p ?o }} }}",
    f"SELECT * {{ SERVICE # {{ hidden\n {ELSEWHERE} # more\n {{ ?s ?p ?o }} }}",
    "SELECT * { ?s ?p ?x . SERVICE ?x { ?s ?p ?o } }",
    "PREFIX e: <http://elsewhere.example/> SELECT * { SERVICE e:sparql { ?s ?p ?o } }",
    "PREFIX : <http://elsewhere.example/> SELECT * { SERVICE :sparql{ ?s ?p ?o } }",
    "PREFIX e: <http://elsewhere.example/> SELECT * { SERVICE e:a\\#b { ?s ?p ?o } }",
    f"SELECT * {{ FILTER(?a<?b&&'>'=?c) SERVICE {ELSEWHERE} {{ ?s ?p ?o }} FILTER('x'!='') }}",
    f"SELECT * {{ ?s ?p '#' . SERVICE {ELSEWHERE} {{ ?s ?p ?o }} }}",
    f"SELECT * {{ {{}}SERVICE {ELSEWHERE} {{ ?s ?p ?o }} }}",
    f"SELECT * {{ ?s ?p 1SERVICE {ELSEWHERE} {{ ?a ?b ?c }} }}",
    f"SELECT * {{ ?s ?p 1.SERVICE {ELSEWHERE} {{ ?a ?b ?c }} }}",
    f"SELECT * {{ ?s ?p trueSERVICE {ELSEWHERE} {{ ?a ?b ?c }} }}",
    f"PREFIX : {ELSEWHERE} SELECT * {{ ?s ?p trueSERVICE:x {{ ?a ?b ?c }} }}",
    f"SELECT * {{ SERVICESILENT{ELSEWHERE} {{ ?s ?p ?o }} }}",
    f"SELECT * {{ \\u0053ERVICE {ELSEWHERE} {{ ?s ?p ?o }} }}",
    f"SELECT * {{ SERV\\U00000049CE {ELSEWHERE} {{ ?s ?p ?o }} }}",
    f"SELECT * {{ \\u00000053ERVICE {ELSEWHERE} {{ ?s ?p ?o }} }}",
    f"SELECT * {{ \\U0053ERVICE {ELSEWHERE} {{ ?s ?p ?o }} }}",
    f"SELECT * {{ \\\\u0053ERVICE {ELSEWHERE} {{ ?s ?p ?o }} }}",
    f"PREFIX e: <a:> SELECT * {{ ?s ?p e:a.b.SERVICE {ELSEWHERE} {{ ?a ?b ?c }} }}",
    f"PREFIX e: <http://h:> SELECT * {{ ?s ?p e:SERVICE {ELSEWHERE} {{ ?a ?b ?c }} }}",
    f"SELECT * {{ ?s ?p ?a FILTER(?a<1)SERVICE#>\n{ELSEWHERE} {{ ?s ?p ?o }} }}",
    f"SELECT * {{ ?s ?p ?a FILTER(?a<'>')SERVICE {ELSEWHERE} {{ ?s ?p ?o }} }} # '",
    f'SELECT * {{ VALUES ?x {{"""a"}} SERVICE {ELSEWHERE} {{ ?a ?b ?c }} # \\x"""\n}}',
    "SELECT * { ?s ?p '<x://' . SERVICE ?s#>\n{ ?a ?b ?c } }",
    "SELECT * { SERVICE ?a\u0300{ ?s ?p ?o } }",
    "SELECT * { SERVICE #" + "長" * 5000 + f"\n{ELSEWHERE} {{ ?s ?p ?o }} }}",
    *(
        f'SELECT * {{ <a:s> <a:p> "{end} . SERVICE {ELSEWHERE} {{ <a:s> <a:p> <a:o> }} <a:s> <a:p> {end}" }}'
        for end in QUOTATION_MARKS
    ),
]
HARMLESS = [
    "SELECT ?service { ?service a enishi:Organization }",
    "SELECT * { ?s skos:prefLabel 'Customer Service' }",
    "SELECT * { ?s enishi:service ?o }",
    "SELECT * { <http://x.example/SERVICE> ?p ?o }",
    "SELECT * { ?s ?p ?o } # SERVICE is off",
    "SELECT * { $SERVICE ?p ?o . { ?o ?q ?z } }",
    "SELECT ?service ?x { ?service ?p ?x }",
    "PREFIX service: <https://x.example/service#> SELECT * { ?s service:of ?o . ?o service:at ?p }",
    "SELECT * { ?s a <https://x.example/service#Type>\n . ?s ?p ?o { ?o ?q ?z } }" + " " * 5000,
    'INSERT DATA { <a:s> <a:p> "SERVICE <http://x/> { } ; LOAD <http://x/> ;"@ja }',
    "SELECT * { ?s ?p '\\u5143' }",
    'INSERT DATA { <a:s> <a:p> "SERVICE <http://x/> { } \\u5143\\u793E19 \\U0001F60042" }',
]
LOADING = [
    "LOAD <http://elsewhere.example/x.ttl>",
    "load silent<http://elsewhere.example/x.ttl>",
    "LOAD # here\n <http://elsewhere.example/x.ttl> INTO GRAPH <a:g>",
    "PREFIX e: <http://elsewhere.example/>LOAD e:x",
    "PREFIX e: <http://elsewhere.example/> LOADe:x ; CLEAR ALL",
    "INSERT DATA { <a:s> <a:p> 'LOAD' };LOAD<http://elsewhere.example/x.ttl>",
    "\\u004COAD <http://elsewhere.example/x.ttl>",
]
LOADING_NOTHING = [
    "INSERT DATA { <a:s> <a:p> 'LOAD' }",
    "PREFIX load: <https://x.example/load#> INSERT DATA { <a:s> load:of <a:o> ; load:at <a:p> }",
    "DELETE WHERE { ?load ?download ?o }",
    "DROP SILENT GRAPH <https://x.example/load> ;\nINSERT DATA { <a:s> <a:p> <a:o> . }",
]


@pytest.mark.parametrize("sparql", REACHING_OUT)
def test_refuse_service_lets_nothing_reach_out(sparql: str) -> None:
    with pytest.raises(QueryRefusedError):
        refuse_service(sparql)


@pytest.mark.parametrize("sparql", HARMLESS)
def test_refuse_service_lets_the_word_stand(sparql: str) -> None:
    refuse_service(sparql)


def test_refuse_service_ends_in_time_on_what_is_made_to_take_long() -> None:
    started = time.process_time()
    for part in ("SERVICE#", "SERVICE:a.", "SERVICE ", "SERVICE<", "SERVICE#\n", "SERVICE ?a\x7f"):
        with contextlib.suppress(QueryRefusedError):
            refuse_service(part * (200_000 // len(part)))
    assert time.process_time() - started < 20


@pytest.mark.parametrize("update", LOADING)
def test_refuse_outside_calls_lets_nothing_be_loaded(update: str) -> None:
    with pytest.raises(QueryRefusedError, match="LOAD"):
        refuse_outside_calls(update)


@pytest.mark.parametrize("update", [sparql.replace("SELECT *", "INSERT {} WHERE") for sparql in REACHING_OUT])
def test_refuse_outside_calls_refuses_service_too(update: str) -> None:
    with pytest.raises(QueryRefusedError, match="SERVICE"):
        refuse_outside_calls(update)


@pytest.mark.parametrize("update", HARMLESS + LOADING_NOTHING)
def test_refuse_outside_calls_lets_the_words_stand(update: str) -> None:
    refuse_outside_calls(update)


@pytest.mark.parametrize("text", ["\x00", "\x7f2019", "\\users", "\\u0022", "\\\\u0022", "\\U00000022", "\\\\\x01"])
def test_refuse_outside_calls_lets_data_stand_beside_data_with_escapes(text: str) -> None:
    page, title = NamedNode("https://enishi.example/document/案内"), NamedNode("http://purl.org/dc/terms/title")
    titles = [f"SERVICE {ELSEWHERE} {{ x }}", f"LOAD {ELSEWHERE} ;", text]
    refuse_outside_calls(replacement({page.value: [Quad(page, title, Literal(words), page) for words in titles]}))
