import{create as i}from"./index.js";await i();
